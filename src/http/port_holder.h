/*
 * port_holder: who listens on a TCP port of this machine, as far as /proc shows it.
 *
 * Threads    every call may run concurrently.
 * Errors     false where nobody is seen: the holder may belong to another user.
 */
#ifndef ROHAS_HTTP_PORT_HOLDER_H
#define ROHAS_HTTP_PORT_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PORT_HOLDER_NAME_SIZE = 64 };

bool port_holder_find(uint16_t port, char name_out[PORT_HOLDER_NAME_SIZE], pid_t *pid_out);

#endif
