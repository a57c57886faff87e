/* The name and the actions of a java.net.SocketPermission, as the JDK takes them apart. */
#ifndef CT_RUNTIME_SOCKET_PERMISSION_H
#define CT_RUNTIME_SOCKET_PERMISSION_H

#include "runtime/java_policy.h"

struct ct_socket_permission {
    enum ct_reach connect, resolve;
};

/* False where the JDK refuses to make one: an unknown action, a star in the middle, ports that are none. */
bool ct_socket_permission_parse(ct_str name, ct_str actions, struct ct_socket_permission *ret_permission);

#endif
