#include "plan.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
    char *next;
    char *end;
};

static bool take(struct cursor *cursor, void *into, size_t size) {
    if ((size_t)(cursor->end - cursor->next) < size) {
        return false;
    }
    memcpy(into, cursor->next, size);
    cursor->next += size;
    return true;
}

// The next NUL-terminated string, or NULL if there is none.
static char *take_string(struct cursor *cursor) {
    char *string = cursor->next;
    char *nul = memchr(string, '\0', (size_t)(cursor->end - string));
    if (nul != NULL) {
        cursor->next = nul + 1;
    }
    return nul == NULL ? NULL : string;
}

static char **take_strings(struct cursor *cursor, uint32_t count) {
    // Each takes at least its NUL byte, so an absurd count is refused before it costs memory.
    if (count > (size_t)(cursor->end - cursor->next)) {
        return NULL;
    }
    char **strings = calloc((size_t)count + 1, sizeof *strings);
    for (uint32_t i = 0; strings != NULL && i < count; i++) {
        strings[i] = take_string(cursor);
        if (strings[i] == NULL) {
            return NULL;
        }
    }
    return strings;
}

bool plan_read(struct plan *plan, char *bytes, size_t size) {
    struct cursor cursor = {.next = bytes, .end = bytes + size};
    struct plan_header header;
    if (!take(&cursor, &header, sizeof header) || header.limit_count > LIMITS_MAX
        || header.argument_count == 0 || header.container > CONTAINER_HIDES_UNIFIED) {
        return false;
    }
    plan->changes_user = header.changes_user != 0;
    plan->uid = header.uid;
    plan->gid = header.gid;
    plan->is_fork_server = header.is_fork_server != 0;
    plan->limit_count = header.limit_count;
    if (!take(&cursor, plan->limits, header.limit_count * sizeof *plan->limits)) {
        return false;
    }
    plan->executable = take_string(&cursor);
    plan->directory = take_string(&cursor);
    plan->arguments = take_strings(&cursor, header.argument_count);
    plan->environment = take_strings(&cursor, header.environment_count);
    plan->container = (struct plan_container){
        .is_wanted = header.container != CONTAINER_NONE,
        .hides_unified = header.container == CONTAINER_HIDES_UNIFIED,
    };
    if (plan->container.is_wanted) {
        plan->container.id = take_string(&cursor);
        plan->container.oom_counter = take_string(&cursor);
        if (plan->container.id == NULL || plan->container.oom_counter == NULL) {
            return false;
        }
    }
    return plan->executable != NULL && plan->directory != NULL && plan->arguments != NULL
        && plan->environment != NULL && cursor.next == cursor.end;
}
