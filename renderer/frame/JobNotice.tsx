/** The job that a button of this place started, with its end. */
import { Card } from '../components/Card.tsx';
import { ErrorNotice } from '../components/Notice.tsx';
import type { StartedJob } from '../components/use-job.ts';
import { JobCard } from './ActivityDrawer.tsx';

export function JobNotice({ started: { job, error } }: { readonly started: StartedJob }) {
  return (
    <>
      {error !== undefined && <ErrorNotice error={error} />}
      {job !== undefined && (
        <Card>
          <JobCard job={job} />
        </Card>
      )}
    </>
  );
}
