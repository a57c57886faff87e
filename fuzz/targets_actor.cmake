ct_fuzz(actor LINKS actor detect)
ct_fuzz(actor_lists LINKS actor)
