/** Objects as YAML. The only importer of the package. */
import { stringify } from 'yaml';

/**
 * In YAML 1.1, which is what Kubernetes and Helm read: there `on` and `off` are true and false, as keys too, unless they are quoted. A
 * comment line before a document may say what it is. Long texts are not folded: a person searches them.
 */
export function yamlText(value: unknown, comment?: string): string {
  const text = stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  return comment === undefined ? text : `# ${comment}\n${text}`;
}
