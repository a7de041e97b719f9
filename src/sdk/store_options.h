/*
 * store_options: how the embedded store is opened, as the configuration says: the same for the program and the library.
 *
 * Ownership  options borrow the configuration's strings.
 */
#ifndef ROHAS_SDK_STORE_OPTIONS_H
#define ROHAS_SDK_STORE_OPTIONS_H

#include "config/config.h"
#include "storage/rocksdb/rocksdb_store.h"

void store_options_from(const struct config *config, struct rocksdb_store_options *options_out);

#endif
