"""A learning switch for os-ken, in the version of OpenFlow that the variable OPENFLOW_VERSION names (1.0, 1.3, 1.4, 1.5).

Installs a flow to every host that it has learnt, as the sample applications of its ancestor Ryu do: os-ken has none.
"""
import os

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_0, ofproto_v1_3, ofproto_v1_4, ofproto_v1_5

PROTOCOL = {"1.0": ofproto_v1_0, "1.3": ofproto_v1_3, "1.4": ofproto_v1_4, "1.5": ofproto_v1_5}[
    os.environ["OPENFLOW_VERSION"]]


class LearningSwitch(app_manager.OSKenApp):
    OFP_VERSIONS = [PROTOCOL.OFP_VERSION]

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.ports = {}

    @staticmethod
    def is_first():
        return PROTOCOL is ofproto_v1_0

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def features(self, event):
        switch = event.msg.datapath
        if not self.is_first():
            to_us = switch.ofproto_parser.OFPActionOutput(PROTOCOL.OFPP_CONTROLLER, PROTOCOL.OFPCML_NO_BUFFER)
            self.add_flow(switch, 0, None, None, to_us)
        auxiliary = getattr(event.msg, "auxiliary_id", 0)
        print("learning: switch %016x is here, connection %u" % (event.msg.datapath_id, auxiliary), flush=True)

    def add_flow(self, switch, priority, in_port, destination, action):
        parser = switch.ofproto_parser
        if self.is_first():
            match = parser.OFPMatch(in_port=in_port, dl_dst=bytes.fromhex(destination.replace(":", "")))
            message = parser.OFPFlowMod(
                datapath=switch, match=match, cookie=0, command=PROTOCOL.OFPFC_ADD, priority=priority, actions=[action])
        else:
            match = parser.OFPMatch(in_port=in_port, eth_dst=destination) if in_port else parser.OFPMatch()
            apply = parser.OFPInstructionActions(PROTOCOL.OFPIT_APPLY_ACTIONS, [action])
            message = parser.OFPFlowMod(datapath=switch, priority=priority, match=match, instructions=[apply])
        switch.send_msg(message)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event):
        message = event.msg
        switch, parser = message.datapath, message.datapath.ofproto_parser
        in_port = message.in_port if self.is_first() else message.match["in_port"]
        header = packet.Packet(message.data).get_protocols(ethernet.ethernet)[0]
        self.ports[header.src] = in_port
        out_port = self.ports.get(header.dst, PROTOCOL.OFPP_FLOOD)
        output = parser.OFPActionOutput(out_port)
        if out_port != PROTOCOL.OFPP_FLOOD:
            self.add_flow(switch, 1, in_port, header.dst, output)
        common = {"datapath": switch, "buffer_id": message.buffer_id, "actions": [output], "data": message.data}
        if PROTOCOL is ofproto_v1_5:
            switch.send_msg(parser.OFPPacketOut(match=parser.OFPMatch(in_port=in_port), **common))
        else:
            switch.send_msg(parser.OFPPacketOut(in_port=in_port, **common))

    @set_ev_cls(ofp_event.EventOFPErrorMsg, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def error(self, event):
        print("learning: error type %u code %u" % (event.msg.type, event.msg.code), flush=True)
