foreach(name zip tar package nest class manifest deflate64 utf16)
    ct_fuzz(${name} LINKS archive)
endforeach()
