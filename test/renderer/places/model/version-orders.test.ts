import { describe, expect, it } from 'vitest';
import type { ServingView } from '../../../../server/protocol/admin/model-command.ts';
import * as bodies from '../../../../server/protocol/admin/model-command.ts';
import {
  orderRequest,
  ordersFor,
  parseWeights,
  storedVersions,
} from '../../../../renderer/places/model/version-orders.ts';

const serving: ServingView = {
  name: 'm',
  served: '2',
  isPinned: false,
  previous: ['1'],
  traffic: { '2': 100 },
  stored: [
    { version: '1', sizeBytes: 1 },
    { version: '2', sizeBytes: 1 },
    { version: '10', sizeBytes: 1 },
  ],
  isSwapping: false,
  isUnloaded: false,
};

describe('the orders for a version', () => {
  it('are to keep the one that answers, never to take it away', () => {
    expect(ordersFor('2', serving)).toEqual(['pin']);
    expect(ordersFor('2', { ...serving, isPinned: true })).toEqual(['unpin']);
  });

  it('are to make another one live, try it as a shadow, or remove it', () => {
    expect(ordersFor('1', serving)).toEqual(['promote', 'shadow', 'remove']);
  });

  it('end a shadow where there is one', () => {
    const shadow = {
      version: '1',
      compared: 0,
      different: 0,
      differentShare: 0,
      worstDifference: 0,
      failed: 0,
      passedOver: 0,
      meanMs: 0,
    };
    expect(ordersFor('1', { ...serving, shadow })).toEqual(['promote', 'shadow-off', 'remove']);
  });

  it.each([
    ['promote', bodies.newPromotionSchema, 'promote m 1'],
    ['pin', bodies.newPinSchema, 'pin m 1'],
    ['unpin', bodies.noOptionsSchema, 'unpin m'],
    ['shadow', bodies.newShadowSchema, 'shadow m 1'],
    ['shadow-off', bodies.newShadowSchema, 'shadow m --off'],
    ['remove', bodies.newRemovalSchema, 'remove m --version 1'],
  ] as const)('%s is what the host takes, with its command', (order, schema, words) => {
    const { body, command } = orderRequest(order, 'm', '1');
    expect(schema.safeParse(body).success).toBe(true);
    expect(command).toBe(`npx millrace models ${words}`);
  });
});

describe('the versions of a model', () => {
  it('are those that run and those on disk, newest first by number', () => {
    expect(storedVersions(serving, ['2', '11'])).toEqual(['11', '10', '2', '1']);
    expect(storedVersions(undefined, ['1'])).toEqual(['1']);
  });
});

describe('typed weights', () => {
  it('leave out versions that get nothing', () => {
    expect(parseWeights({ '1': '90', '2': '10', '3': '' })).toEqual({ '1': 90, '2': 10 });
  });

  it.each([{ '1': 'x' }, { '1': '-1', '2': '3' }, { '1': '0' }, { '1': '1001' }])('%j cannot be meant', (texts) => {
    expect(parseWeights(texts)).toBeUndefined();
  });
});
