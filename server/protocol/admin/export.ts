/** What an export to other machines can be asked for, and what comes out: bodies of the export routes. */
import { z } from 'zod';

/** RFC 1123 label: what Kubernetes takes as the name of a Service. 40 characters, so that what is made of it stays below 63. */
const label = z
  .string()
  .regex(/^[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?$/, 'must have 1 to 40 small letters, digits and inner hyphens');

const subdomain = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/,
    'must be the name of an object: small letters, digits, dots and hyphens',
  );

const quantity = z.string().regex(/^[1-9][0-9]{0,9}(?:Mi|Gi)$/, 'must be an amount like 4Gi or 512Mi');

const labelName = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** As in `http://10.0.0.5:8000`: what nginx connects to. */
const hostUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.pathname === '/' && !/[?#\s;{}'"\\$]/.test(text);
}, 'must be an address like http://10.0.0.5:8000, without a path');

const serverName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?$/, 'must be a host name');

/** A path that goes into a configuration file between quotes. */
const serverPath = z.string().regex(/^\/[^\s'"\\;{}$]{1,1000}$/, 'must be an absolute path without spaces and quotes');

export const newKubernetesExportSchema = z.strictObject({
  /** Objects are called this, and so is the Service that apps call. */
  name: label.default('millrace'),
  /** Left out of the objects where it is undefined: `kubectl --namespace` says it then. */
  namespace: label.optional(),
  /** Default: `millrace` with the version of this host as its tag. */
  image: z
    .string()
    .max(512)
    .regex(/^[a-z0-9][-a-z0-9._/:]*(?:@sha256:[0-9a-f]{64})?$/, 'must be the name of an image')
    .optional(),
  /** Cores of each pod. 2: one for the host and one for a model at least. */
  cpu: z.int().min(1).max(256).default(2),
  memory: quantity.default('4Gi'),
  /** Room for models, saved answers and history on the node's disk, per pod. */
  storage: quantity.default('20Gi'),
  /** Device that the node's plug-in offers, and how many a pod gets. */
  gpu: z
    .strictObject({
      resource: z
        .string()
        .regex(/^[a-z0-9](?:[-a-z0-9.]*)\/[a-zA-Z0-9](?:[-a-zA-Z0-9._]*)$/, 'must be like nvidia.com/gpu'),
      count: z.int().min(1).max(16),
    })
    .optional(),
  /** Labels that a node must have. Default with a GPU of NVIDIA: `nvidia.com/gpu.present: "true"`. */
  nodeSelector: z
    .record(
      z.string().regex(labelName, 'must be the name of a label'),
      z.string().regex(labelValue, 'must be the value of a label'),
    )
    .default({}),
  /** Fewest and most pods; default: the scaling settings. */
  min: z.int().min(1).max(1000).optional(),
  max: z.int().min(1).max(1000).optional(),
  /** Also scales on the queue, by metrics that a Prometheus adapter brings. */
  customMetrics: z.boolean().default(false),
  /** False: each pod keeps its own saved answers, and there is no feature store that all share. */
  redis: z.boolean().default(true),
  /** Secret with `cache-url` and `features-url`. */
  redisSecret: subdomain.optional(),
  /** Secret with `access-key-id` and `secret-access-key`. */
  s3Secret: subdomain.optional(),
  /** The identity of the pods; S3 is then asked with the role that is bound to it, and no S3 secret is needed. */
  serviceAccount: subdomain.optional(),
  /** S3 server as pods reach it, instead of the sources' own. */
  s3Endpoint: z.url().max(2048).optional(),
  /** Names beside the Service's own under which apps reach it, as an Ingress has. */
  hosts: z.array(serverName).max(32).default([]),
  form: z.enum(['yaml', 'helm']).default('yaml'),
});
export type NewKubernetesExport = z.infer<typeof newKubernetesExportSchema>;
export type KubernetesWishes = z.input<typeof newKubernetesExportSchema>;

export const newNginxExportSchema = z.strictObject({
  hosts: z.array(hostUrl).min(1).max(64),
  /** `80`, `127.0.0.1:8080`. */
  listen: z
    .string()
    .regex(/^(?:(?:[0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):)?[0-9]{1,5}$/, 'must be a port, or an address and a port')
    .optional(),
  /** Names that nginx answers for and passes on; it then refuses all others. */
  serverNames: z.array(serverName).max(32).default([]),
  /** Paths on nginx's machine; both or none. */
  certificate: serverPath.optional(),
  certificateKey: serverPath.optional(),
  /** PEM file with the authority of hosts that are asked over TLS. */
  hostAuthority: serverPath.optional(),
});
export type NewNginxExport = z.infer<typeof newNginxExportSchema>;
export type NginxWishes = z.input<typeof newNginxExportSchema>;

export const exportViewSchema = z.object({
  /** Relative paths with `/`. */
  files: z.array(z.object({ path: z.string(), text: z.string() })),
  /** What could not be taken over, and what is still to be done; one sentence each. */
  notes: z.array(z.string()),
});
export type ExportView = z.infer<typeof exportViewSchema>;
