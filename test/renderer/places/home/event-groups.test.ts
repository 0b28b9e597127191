/** The events of Home: routine stands in one line, trouble in its own. */
import { describe, expect, it } from 'vitest';
import { groupEvents } from '../../../../renderer/places/home/event-groups.ts';
import { eventView } from '../../views.ts';

const scaling = (id: number, model: string, severity: 'info' | 'attention' = 'info') =>
  eventView(id, { kind: 'scaling', model, severity });

describe('grouped events', () => {
  it('have one line of routine per model and kind, the newest, with how many it stands for', () => {
    const grouped = groupEvents([
      scaling(9, 'iris'),
      scaling(8, 'digits'),
      scaling(7, 'iris'),
      eventView(6, { kind: 'replica', model: 'iris' }),
      scaling(5, 'iris'),
    ]);
    expect(grouped.map(({ id, more }) => [id, more])).toEqual([
      [9, 2],
      [8, 0],
      [6, 0],
    ]);
  });

  it('keep every event that needs a person, and every one of another kind', () => {
    const events = [
      scaling(9, 'iris', 'attention'),
      scaling(8, 'iris', 'attention'),
      eventView(7, { kind: 'model', model: 'iris' }),
      eventView(6, { kind: 'model', model: 'iris' }),
    ];
    expect(groupEvents(events).map(({ id, more }) => [id, more])).toEqual([
      [9, 0],
      [8, 0],
      [7, 0],
      [6, 0],
    ]);
  });
});
