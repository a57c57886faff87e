foreach(name zip tar package nest class manifest)
    ct_fuzz(${name} LINKS archive)
endforeach()
