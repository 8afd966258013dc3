// libnl 3: sockets and generic netlink families. The kernel's openvswitch interface (<linux/openvswitch.h>) is here for
// tests only, which compare our constants with it: the code has its own, so that it builds and works whatever the age of
// the headers.
#pragma once
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
