#include "sdk/store_options.h"

static enum store_compression compression_of(const char *name)
{
	return !strcmp(name, "lz4") ? STORE_LZ4 : !strcmp(name, "none") ? STORE_UNCOMPRESSED : STORE_ZSTD;
}

void store_options_from(const struct config *config, struct rocksdb_store_options *options_out)
{
	struct rocksdb_store_options options = {
		.path = config->store_path,
		.sync = !strcmp(config->telemetry.sync, "always"),
		.write_buffer_bytes = (uint64_t)config->telemetry.write_buffer_bytes,
		.block_cache_bytes = (uint64_t)config->telemetry.block_cache_bytes,
		.block_rows = (uint32_t)config->telemetry.block_rows,
		.compression = compression_of(config->telemetry.compression),
		.compression_level = (int)config->telemetry.compression_level,
		.clock = &clock_system,
		.retention_days = {[SIGNAL_TRACES] = (uint32_t)config->telemetry.retention_days,
				   [SIGNAL_METRICS] = (uint32_t)config->telemetry.retention_days_metrics,
				   [SIGNAL_LOGS] = (uint32_t)config->telemetry.retention_days_logs},
		.max_storage_bytes = (uint64_t)config->telemetry.max_storage_bytes,
	};

	if (!strcmp(config->telemetry.sync, "interval"))
		options.sync_interval_ms = (uint32_t)config->telemetry.sync_interval_ms;
	for (size_t i = 0; i < config->telemetry.downsample.count; i++)
		downsample_rule_parse(str_from(config->telemetry.downsample.items[i]),
				      &options.downsample[options.downsample_count++]);
	*options_out = options;
}
