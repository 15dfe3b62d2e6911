// Swift's Glibc module has no eventfd; the loop around libmosquitto waits on one.
#include <sys/eventfd.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>
