import OpenFlow
import Testing

@testable import Agent

@Suite("Metrics")
struct MetricsTests {
    @Test("samples of one metric stand together below its help and type, whenever they were added")
    func families() {
        var metrics = MetricsText()
        metrics.add("sluice_a_total", .counter, "How many a.", 1, [("bridge", "br0")])
        metrics.add("sluice_b", .gauge, "How much b.", -2, [])
        metrics.add(
            "sluice_a_total", .counter, "How many a.", UInt64.max, [("bridge", "br1"), ("class", "table miss")])
        #expect(
            metrics.text == """
                # HELP sluice_a_total How many a.
                # TYPE sluice_a_total counter
                sluice_a_total{bridge="br0"} 1
                sluice_a_total{bridge="br1",class="table miss"} 18446744073709551615
                # HELP sluice_b How much b.
                # TYPE sluice_b gauge
                sluice_b -2

                """)
    }

    @Test("labels keep whatever characters they have")
    func labels() {
        var metrics = MetricsText()
        metrics.add("sluice_a", .gauge, "A.", 1, [("certificate", "a \"b\" \\ c\nd {é}")])
        #expect(metrics.text.hasSuffix("sluice_a{certificate=\"a \\\"b\\\" \\\\ c\\nd {é}\"} 1\n"))
    }
}
