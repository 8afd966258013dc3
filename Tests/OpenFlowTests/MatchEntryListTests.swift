import OpenFlow
import Testing

@Suite("Lists of match entries")
struct MatchEntryListTests {
    @Test(
        "A list does what an array does, whatever is done to it and to its copies", arguments: 0..<20 as Range<UInt64>)
    func behavesAsAnArray(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var lists: [(list: MatchEntryList, array: [MatchEntry])] = [([], [])]
        for step in 0..<300 {
            let index = Int(generator.next() % UInt64(lists.count))
            let entry = MatchEntry(.register0, generator.next() & 0xffff_ffff)
            let position = lists[index].array.isEmpty ? 0 : Int(generator.next() % UInt64(lists[index].array.count))
            switch generator.next() % 8 {
            case 0, 1, 2:
                lists[index].list.append(entry)
                lists[index].array.append(entry)
            case 3 where !lists[index].array.isEmpty:
                lists[index].list[position] = entry
                lists[index].array[position] = entry
            case 4 where !lists[index].array.isEmpty:
                lists[index].list.remove(at: position)
                lists[index].array.remove(at: position)
            case 5:
                lists[index].list.insert(entry, at: position)
                lists[index].array.insert(entry, at: position)
            case 6:
                lists[index].list.removeAll(keepingCapacity: step % 2 == 0)
                lists[index].array.removeAll()
            default:
                // A copy, which no later change of the other may reach.
                if lists.count < 8 { lists.append(lists[index]) }
            }
            for (list, array) in lists {
                #expect(Array(list) == array, "seed \(seed), step \(step)")
                #expect(list == MatchEntryList(array) && list.hashValue == MatchEntryList(array).hashValue)
            }
        }
    }
}
