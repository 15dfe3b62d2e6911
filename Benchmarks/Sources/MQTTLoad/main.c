// Publishes messages to one MQTT broker and waits for them at another, which a bridge brings them to.
//
//     MQTTLoad PUBLISH_PORT PUBLISH_TOPIC SUBSCRIBE_PORT SUBSCRIBE_TOPIC QOS MESSAGES UNDER_WAY
//
// A message holds when it was published, in nanoseconds of CLOCK_MONOTONIC, and its number. At most UNDER_WAY of
// them are between the two brokers at a time, so that no broker drops any for want of room.
//
// Prints messages a second, and the median and 99th percentile of the microseconds from publishing to receiving.

#include <inttypes.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD_BYTES 256
#define SILENCE_SECONDS_MAX 30
#define SIXTEEN_BITS 65535

struct stamp {
    uint64_t nanoseconds, number;
};

static int qos;
static size_t wanted, received;
static bool is_subscribed;
static uint64_t *times;
static bool *is_received;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void check(int code, const char *what) {
    if (code != MOSQ_ERR_SUCCESS) {
        fprintf(stderr, "MQTTLoad: %s: %s\n", what, mosquitto_strerror(code));
        exit(1);
    }
}

static void subscribed(struct mosquitto *client, void *context, int id, int count, const int *granted) {
    (void)client, (void)context, (void)id, (void)count, (void)granted;
    is_subscribed = true;
}

static void took(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)client, (void)context;
    struct stamp stamp;
    if (message->payloadlen != PAYLOAD_BYTES) {
        return;
    }
    memcpy(&stamp, message->payload, sizeof stamp);
    // At QoS 1 it may come twice.
    if (stamp.number < wanted && !is_received[stamp.number]) {
        is_received[stamp.number] = true;
        times[received] = now() - stamp.nanoseconds;
        received += 1;
    }
}

static struct mosquitto *connected(const char *name, int port) {
    char id[64];
    snprintf(id, sizeof id, "load-%s-%d", name, (int)getpid());
    struct mosquitto *client = mosquitto_new(id, true, NULL);
    mosquitto_max_inflight_messages_set(client, SIXTEEN_BITS);
    mosquitto_threaded_set(client, true);
    check(mosquitto_connect(client, "127.0.0.1", port, 60), name);
    return client;
}

// Reads and writes what there is, or waits a moment for it.
static void turn(struct mosquitto **clients, int timeout) {
    struct pollfd polled[2];
    for (int i = 0; i < 2; i++) {
        short events = mosquitto_want_write(clients[i]) ? POLLIN | POLLOUT : POLLIN;
        polled[i] = (struct pollfd){.fd = mosquitto_socket(clients[i]), .events = events};
    }
    poll(polled, 2, timeout);
    for (int i = 0; i < 2; i++) {
        if (polled[i].revents & POLLIN) {
            check(mosquitto_loop_read(clients[i], 1), "reading");
        }
        if (mosquitto_want_write(clients[i])) {
            check(mosquitto_loop_write(clients[i], 1), "writing");
        }
        check(mosquitto_loop_misc(clients[i]), "the connection");
    }
}

static void publish(struct mosquitto *publisher, const char *topic, uint64_t number) {
    char payload[PAYLOAD_BYTES] = {0};
    struct stamp stamp = {.nanoseconds = now(), .number = number};
    memcpy(payload, &stamp, sizeof stamp);
    check(mosquitto_publish(publisher, NULL, topic, sizeof payload, payload, qos, false), "publishing");
}

static int ascending(const void *first, const void *second) {
    uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second;
    return (a > b) - (a < b);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 8) {
        fprintf(stderr, "usage: MQTTLoad PUBLISH_PORT PUBLISH_TOPIC SUBSCRIBE_PORT SUBSCRIBE_TOPIC QOS MESSAGES UNDER_WAY\n");
        return 64;
    }
    mosquitto_lib_init();
    qos = atoi(arguments[5]);
    wanted = strtoul(arguments[6], NULL, 10);
    size_t under_way_max = strtoul(arguments[7], NULL, 10);
    times = calloc(wanted, sizeof *times);
    is_received = calloc(wanted, sizeof *is_received);
    if (times == NULL || is_received == NULL) {
        return 1;
    }
    struct mosquitto *clients[2] = {
        connected("publisher", atoi(arguments[1])),
        connected("subscriber", atoi(arguments[3])),
    };
    mosquitto_subscribe_callback_set(clients[1], subscribed);
    mosquitto_message_callback_set(clients[1], took);
    check(mosquitto_subscribe(clients[1], NULL, arguments[4], qos), "subscribing");
    while (!is_subscribed) {
        turn(clients, 1000);
    }
    uint64_t begin = now(), last_progress = begin;
    size_t sent = 0, seen = 0;
    while (received < wanted) {
        while (sent < wanted && sent - received < under_way_max) {
            publish(clients[0], arguments[2], sent);
            sent += 1;
        }
        turn(clients, 1000);
        if (received != seen) {
            seen = received;
            last_progress = now();
        } else if (now() - last_progress > SILENCE_SECONDS_MAX * 1000000000ULL) {
            fprintf(stderr, "MQTTLoad: only %zu of %zu arrived\n", received, sent);
            return 1;
        }
    }
    double seconds = (double)(now() - begin) / 1e9;
    qsort(times, wanted, sizeof *times, ascending);
    printf("%.0f %.1f %.1f\n", (double)wanted / seconds, (double)times[wanted / 2] / 1e3, (double)times[wanted * 99 / 100] / 1e3);
    return 0;
}
