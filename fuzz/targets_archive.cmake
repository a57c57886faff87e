foreach(name zip tar package nest class manifest deflate64)
    ct_fuzz(${name} LINKS archive)
endforeach()
