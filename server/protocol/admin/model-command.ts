/** What a person can have done with a model, and what comes out: bodies of the model routes of the admin API. */
import { z } from 'zod';

const versionNumber = z.string().regex(/^[1-9][0-9]{0,17}$/, 'must be a version number');

export const newPromotionSchema = z.strictObject({
  version: versionNumber,
  /** Also where apps may fail with it. */
  force: z.boolean().optional(),
});

export const newPinSchema = z.strictObject({
  /** Undefined: the version that answers now. */
  version: versionNumber.optional(),
  force: z.boolean().optional(),
});

export const newTrafficSchema = z.strictObject({
  /** Weights by version of the requests that name none; null ends the split. */
  weights: z.record(versionNumber, z.number().min(0).max(1000)).nullable(),
});

export const newShadowSchema = z.strictObject({
  /** Gets copies of requests; null ends it. */
  version: versionNumber.nullable(),
});

export const newRemovalSchema = z.strictObject({
  /** Undefined: the whole model. */
  version: versionNumber.optional(),
});

export const noOptionsSchema = z.strictObject({});

const signatureChangeSchema = z.object({
  /** One sentence. */
  text: z.string(),
  /** An app of the version before may fail. */
  breaking: z.boolean(),
});

/** The result of a promotion or a rollback. */
export const promotionViewSchema = z.object({
  name: z.string(),
  from: z.string(),
  to: z.string(),
  changes: z.array(signatureChangeSchema),
});
export type PromotionView = z.infer<typeof promotionViewSchema>;

export const shadowViewSchema = z.object({
  version: z.string(),
  compared: z.int(),
  /** Answers in which at least one value differs beyond the tolerance. */
  different: z.int(),
  /** Of the compared answers, 0 to 1. */
  differentShare: z.number(),
  worstDifference: z.number(),
  /** Answered by the served version and not by the shadow. */
  failed: z.int(),
  /** Not copied because something waited, or too large. */
  passedOver: z.int(),
  meanMs: z.number(),
});
export type ShadowView = z.infer<typeof shadowViewSchema>;

export const servingViewSchema = z.object({
  name: z.string(),
  /** The version that answers requests which name none. */
  served: z.string(),
  isPinned: z.boolean(),
  /** Where rollbacks lead, the next one first. */
  previous: z.array(z.string()),
  /** Percent by version. */
  traffic: z.record(z.string(), z.number()),
  shadow: shadowViewSchema.optional(),
  /** Versions on disk, ascending. */
  stored: z.array(z.object({ version: z.string(), sizeBytes: z.number() })),
  isSwapping: z.boolean(),
  isUnloaded: z.boolean(),
});
export type ServingView = z.infer<typeof servingViewSchema>;
