import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Linked, LinkedList } from '../../server/base/linked-list.ts';

class Item extends Linked<Item> {
  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }
}

const ids = (list: LinkedList<Item>): number[] => [...list].map(({ id }) => id);

test('two lists hold what two sets would hold, in the order of the last append, whatever is done to them', () => {
  const step = fc.record({
    act: fc.constantFrom('append', 'remove'),
    list: fc.nat({ max: 1 }),
    item: fc.nat({ max: 7 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 8 }, (_, id) => new Item(id));
      const lists = [new LinkedList<Item>(), new LinkedList<Item>()];
      const sets = [new Set<number>(), new Set<number>()];
      for (const { act, list, item } of steps) {
        if (act === 'append') {
          lists[list]!.append(items[item]!);
          for (const set of sets) set.delete(item);
          sets[list]!.add(item);
        } else {
          lists[list]!.remove(items[item]!);
          sets[list]!.delete(item);
        }
        for (const [index, set] of sets.entries()) {
          expect(ids(lists[index]!)).toEqual([...set]);
          expect(lists[index]!.size).toBe(set.size);
          expect(lists[index]!.first?.id).toBe([...set][0]);
        }
      }
    }),
  );
});

test('an item that was taken out holds on to nothing', () => {
  const list = new LinkedList<Item>();
  const items = [new Item(1), new Item(2), new Item(3)];
  for (const item of items) list.append(item);
  list.remove(items[1]!);
  const { previous, next, list: owner } = items[1]!;
  expect([previous, next, owner]).toEqual([undefined, undefined, undefined]);
});
