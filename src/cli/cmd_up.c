#include "cli/command.h"
#include "cli/detect.h"
int ct_cmd_up(const struct ct_command *c, int argc, char **argv) { (void)c,(void)argc,(void)argv; return 4; }
