/** How the answers of a shadow compare with those that clients got. */
import type { ShadowView } from '../../../server/protocol/admin/model-command.ts';
import { Card } from '../../components/Card.tsx';
import { FactList } from '../../components/FactList.tsx';
import { answerNumber, durationText, formatNumber, shareText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';

export function ShadowCard({ shadow, served }: { readonly shadow: ShadowView; readonly served: string }) {
  return (
    <Card title={t('shadow.title', { version: shadow.version, served })}>
      <FactList
        facts={[
          { name: t('shadow.compared'), value: formatNumber(shadow.compared) },
          {
            name: t('shadow.different'),
            value: `${formatNumber(shadow.different)} (${shareText(shadow.differentShare)})`,
          },
          { name: t('shadow.worst'), value: answerNumber(shadow.worstDifference) },
          { name: t('shadow.failed'), value: formatNumber(shadow.failed) },
          { name: t('shadow.passedOver'), value: formatNumber(shadow.passedOver) },
          { name: t('shadow.mean'), value: durationText(shadow.meanMs) },
        ]}
      />
    </Card>
  );
}
