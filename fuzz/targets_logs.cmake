ct_fuzz(logs_state LINKS logs)
