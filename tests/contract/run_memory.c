#include "contract/contract.h"
#include "storage/memory/memory_store.h"

static enum status open_memory(const char *folder, struct store **store_out, struct error *error)
{
	(void)folder;
	*store_out = memory_store_open();
	return *store_out ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "no memory for a store");
}

static const struct adapter memory = {.name = "memory", .durable = false, .open = open_memory};

int main(void)
{
	return contract_run(&memory);
}
