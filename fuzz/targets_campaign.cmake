ct_fuzz(campaign LINKS campaign)
