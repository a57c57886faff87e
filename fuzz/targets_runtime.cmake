ct_fuzz(runtime_proc LINKS runtime)
ct_fuzz(runtime_java LINKS runtime)
ct_fuzz(runtime_policy LINKS runtime)
