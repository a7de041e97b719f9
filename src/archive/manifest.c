#include "archive/manifest.h"

#include <jansson.h>
#include <stdlib.h>

#include "archive/files.h"
#include "archive/json_writer.h"

static const char file_name[] = "manifest.json";
enum { FORMAT = 1 };

void manifest_init(struct manifest *manifest)
{
	*manifest = (struct manifest){.range = TIME_RANGE_ALL};
	arena_init(&manifest->arena, 0);
}

void manifest_release(struct manifest *manifest)
{
	arena_release(&manifest->arena);
	free(manifest->files);
	manifest_init(manifest);
}

enum status manifest_add(struct manifest *manifest, const struct manifest_file *file, struct error *error)
{
	if (manifest->file_count == manifest->file_capacity) {
		size_t capacity = manifest->file_capacity * 2 + 64;
		struct manifest_file *files = realloc(manifest->files, capacity * sizeof(*files));

		if (!files)
			return error_set(error, STATUS_NO_MEMORY, "no memory for the list of files");
		manifest->files = files;
		manifest->file_capacity = capacity;
	}
	manifest->files[manifest->file_count] = *file;
	manifest->files[manifest->file_count].name = arena_copy(&manifest->arena, file->name);
	if (!manifest->files[manifest->file_count].name.data)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the list of files");
	manifest->file_count++;
	return STATUS_OK;
}

uint64_t manifest_done_until(const struct manifest *manifest, enum signal signal)
{
	uint64_t until = 0;

	for (size_t i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].signal == signal && manifest->files[i].range.end_ns > until)
			until = manifest->files[i].range.end_ns;
	return until;
}

static void put_bool(struct buffer *out, const char *name, bool value)
{
	json_name(out, name);
	buffer_append_c(out, value ? "true" : "false");
}

static void put_range(struct buffer *out, struct time_range range)
{
	json_name(out, "start");
	json_put_u64(out, range.start_ns);
	json_name(out, "end");
	json_put_u64(out, range.end_ns);
}

/* The signals of the export, each with the snapshot that it is of. */
static void put_signals(struct buffer *out, const struct manifest *manifest)
{
	json_open(out, "snapshots", '{');
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (manifest->signals & (1u << signal)) {
			json_name(out, signal_name((enum signal)signal));
			json_put_u64(out, manifest->snapshots[signal]);
		}
	buffer_append_byte(out, '}');
}

static void put_file(struct buffer *out, const struct manifest_file *file)
{
	json_next(out);
	buffer_append_c(out, "\n{");
	json_text_member(out, "name", file->name);
	json_text_member(out, "signal", str_from(signal_name(file->signal)));
	put_range(out, file->range);
	json_name(out, "rows");
	json_put_u64(out, file->row_count);
	json_name(out, "bytes");
	json_put_u64(out, file->size_bytes);
	buffer_append_byte(out, '}');
}

enum status manifest_write(const char *folder, const struct manifest *manifest, struct error *error)
{
	struct buffer out = BUFFER_EMPTY;
	char path[PATH_SIZE];
	enum status status = path_join(folder, file_name, path, error);

	if (status != STATUS_OK)
		return status;
	buffer_append_byte(&out, '{');
	json_number_member(&out, "format", FORMAT);
	put_bool(&out, "complete", manifest->is_complete);
	put_range(&out, manifest->range);
	json_text_member(&out, "service", manifest->service);
	json_text_member(&out, "handler", manifest->handler);
	json_text_member(&out, "q", manifest->q);
	json_name(&out, "q_now");
	json_put_u64(&out, manifest->q_now_ns);
	put_bool(&out, "compressed", manifest->is_compressed);
	put_signals(&out, manifest);
	json_open(&out, "files", '[');
	for (size_t i = 0; i < manifest->file_count; i++)
		put_file(&out, &manifest->files[i]);
	buffer_append_c(&out, "]}\n");
	status = buffer_failed(&out) ? error_set(error, STATUS_NO_MEMORY, "no memory for %s", path)
				     : file_replace(path, buffer_str(&out), error);
	buffer_release(&out);
	return status;
}

static bool read_u64(const json_t *object, const char *name, uint64_t *value_out)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && str_parse_u64(str_from(text), value_out);
}

static struct str read_text(struct arena *arena, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return arena_copy(arena, str_from(text ? text : ""));
}

static bool read_signal(const json_t *object, enum signal *signal_out)
{
	const char *name = json_string_value(json_object_get(object, "signal"));

	for (int signal = 0; signal < SIGNAL_COUNT && name; signal++)
		if (!strcmp(name, signal_name((enum signal)signal))) {
			*signal_out = (enum signal)signal;
			return true;
		}
	return false;
}

static bool read_file(const json_t *object, struct manifest *manifest, struct error *error)
{
	struct manifest_file file = {.name = read_text(&manifest->arena, object, "name")};

	return file.name.size && read_signal(object, &file.signal) &&
	       read_u64(object, "start", &file.range.start_ns) &&
	       read_u64(object, "end", &file.range.end_ns) && read_u64(object, "rows", &file.row_count) &&
	       read_u64(object, "bytes", &file.size_bytes) &&
	       manifest_add(manifest, &file, error) == STATUS_OK;
}

static bool read_manifest(const json_t *root, struct manifest *manifest, struct error *error)
{
	const json_t *snapshots = json_object_get(root, "snapshots"), *files = json_object_get(root, "files");

	if (json_integer_value(json_object_get(root, "format")) != FORMAT || !json_is_array(files) ||
	    !read_u64(root, "start", &manifest->range.start_ns) ||
	    !read_u64(root, "end", &manifest->range.end_ns))
		return false;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (read_u64(snapshots, signal_name((enum signal)signal), &manifest->snapshots[signal]))
			manifest->signals |= 1u << signal;
	manifest->service = read_text(&manifest->arena, root, "service");
	manifest->handler = read_text(&manifest->arena, root, "handler");
	manifest->q = read_text(&manifest->arena, root, "q");
	read_u64(root, "q_now", &manifest->q_now_ns);
	manifest->is_compressed = json_is_true(json_object_get(root, "compressed"));
	manifest->is_complete = json_is_true(json_object_get(root, "complete"));
	for (size_t i = 0; i < json_array_size(files); i++)
		if (!read_file(json_array_get(files, i), manifest, error))
			return false;
	return true;
}

enum status manifest_read(const char *folder, struct manifest *manifest, struct error *error)
{
	struct buffer content = BUFFER_EMPTY;
	char path[PATH_SIZE];
	json_t *root = NULL;
	enum status status = path_join(folder, file_name, path, error);

	if (status == STATUS_OK)
		status = file_read(path, &content, error);
	if (status == STATUS_OK) {
		root = json_loadb(content.data, content.size, 0, NULL);
		if (!root || !read_manifest(root, manifest, error))
			status =
				error_set(error, STATUS_INVALID, "%s is not the manifest of an export", path);
	}
	json_decref(root);
	buffer_release(&content);
	return status;
}
