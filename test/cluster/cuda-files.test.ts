import { describe, expect, it } from 'vitest';
import { planCuda } from '../../server/cluster/cuda-files.ts';

const metadata = {
  requirements: { 'linux/x64': ['cuda12'], 'win32/x64': [] },
  manifests: { 'linux/x64:cuda12': { './not-there.so': { package: 'p' } } },
  packages: { p: { name: 'Some.Package', versions: [{ feed: 'f', version: '1.2.3' }] } },
  feeds: { f: { index: 'https://feed.example/v3/index.json' } },
};

describe('the plan for CUDA files', () => {
  it('says from where and how much', async () => {
    const asked: string[] = [];
    const answer = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      asked.push(`${init?.method ?? 'GET'} ${String(url)}`);
      return asked.length === 1
        ? Response.json({ resources: [{ '@id': 'https://files.example/flat/', '@type': 'PackageBaseAddress/3.0.0' }] })
        : new Response(null, { headers: { 'Content-Length': '300000000' } });
    };
    expect(await planCuda(answer, metadata, 'linux/x64')).toEqual({
      isInstalled: false,
      sizeBytes: 300_000_000,
      host: 'feed.example',
    });
    expect(asked).toEqual([
      'GET https://feed.example/v3/index.json',
      'HEAD https://files.example/flat/some.package/1.2.3/some.package.1.2.3.nupkg',
    ]);
  });

  it('is refused with what to do where the network does not answer', async () => {
    const fail = async (): Promise<Response> => {
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } });
    };
    await expect(planCuda(fail, metadata, 'linux/x64')).rejects.toMatchObject({
      code: 'upstream-failed',
      message: expect.stringContaining('feed.example does not answer (ENOTFOUND)') as string,
    });
    const refuse = async (): Promise<Response> => Response.json({ resources: [] });
    await expect(planCuda(refuse, metadata, 'linux/x64')).rejects.toMatchObject({ code: 'upstream-failed' });
  });

  it('is refused on systems for which the runtime has none', async () => {
    await expect(planCuda(fetch, metadata, 'win32/x64')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(planCuda(fetch, metadata, 'plan9/mips')).rejects.toMatchObject({ code: 'unsupported' });
  });
});
