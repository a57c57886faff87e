ct_fuzz(decoy_packet LINKS decoy)
ct_fuzz(decoy_netlink LINKS decoy)
ct_fuzz(decoy_procnet LINKS decoy)
