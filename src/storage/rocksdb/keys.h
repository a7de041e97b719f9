/*
 * keys: how a block is named in RocksDB, and which day it belongs to.
 *
 *     headers                 u32 partition, u8 signal, u64 sequence
 *     traces, metrics, logs   u32 partition, u64 sequence: a block's body
 *     logs                    the same, u8 part: a part of its word filter
 *
 * Numbers are big-endian, so that keys sort by time: what is flushed from memory lies behind what was flushed
 * before, and RocksDB moves such files down without writing them again. A partition is a day since 1970 by the row's own time, UTC:
 * retention drops whole partitions.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_KEYS_H
#define ROHAS_STORAGE_ROCKSDB_KEYS_H

#include "storage/columns/header.h"

enum { HEADER_KEY_SIZE = 13, BODY_KEY_SIZE = 12, WORDS_KEY_SIZE = BODY_KEY_SIZE + 1 };
#define PARTITION_NS (UINT64_C(86400) * 1000000000)

static inline uint32_t partition_of(uint64_t time_ns)
{
	return (uint32_t)(time_ns / PARTITION_NS);
}

static inline char *put_big_endian(char *at, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0;)
		*at++ = (char)(value >> (8 * i));
	return at;
}

static inline uint64_t get_big_endian(const char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | (uint8_t)at[i];
	return value;
}

static inline void header_key(uint32_t partition, const struct block_header *header,
			      char key[HEADER_KEY_SIZE])
{
	char *at = put_big_endian(key, partition, 4);

	*at++ = (char)header->signal;
	put_big_endian(at, header->sequence, 8);
}

static inline void body_key(uint32_t partition, const struct block_header *header, char key[BODY_KEY_SIZE])
{
	put_big_endian(put_big_endian(key, partition, 4), header->sequence, 8);
}

static inline void words_key(uint32_t partition, const struct block_header *header, uint32_t part,
			     char key[WORDS_KEY_SIZE])
{
	body_key(partition, header, key);
	key[BODY_KEY_SIZE] = (char)part;
}

static inline uint32_t partition_of_key(const char *key)
{
	return (uint32_t)get_big_endian(key, 4);
}

/* Of a header's key. */
static inline uint64_t sequence_of_key(const char *key)
{
	return get_big_endian(key + 5, 8);
}

static inline uint64_t sequence_of_body_key(const char *key)
{
	return get_big_endian(key + 4, 8);
}

#endif
