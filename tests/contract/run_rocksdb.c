#include "contract/contract.h"
#include "storage/rocksdb/rocksdb_store.h"

static enum status open_rocksdb(const char *folder, struct store **store_out, struct error *error)
{
	const struct rocksdb_store_options options = {.path = folder, .sync = false};

	return rocksdb_store_open(&options, store_out, error);
}

static const struct adapter rocksdb = {.name = "rocksdb", .durable = true, .open = open_rocksdb};

int main(void)
{
	return contract_run(&rocksdb);
}
