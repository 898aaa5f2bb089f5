import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../e2e/processes.ts';

const KUSTOMIZE = process.env.KUSTOMIZE ?? 'kustomize';
const VALIDATE = process.env.KUBERNETES_VALIDATE ?? 'kubernetes-validate';
const REQUIRED = process.env.REQUIRE_KUBERNETES === '1';
const shown = REQUIRED || [KUSTOMIZE, VALIDATE].every((tool) => spawnSync(tool, ['--help']).status === 0);
const why = shown ? '' : ' (skipped: kustomize and kubernetes-validate are not there, see .ci/kubernetes)';

const folder = mkdtempSync(join(tmpdir(), 'siem-export-kubernetes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Oldest and newest Kubernetes that the manifests are for. */
const VERSIONS = ['1.31', '1.37'];

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly securityContext: Record<string, unknown>;
  readonly resources: { requests: object; limits: { memory: string } };
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[];
  readonly livenessProbe?: { httpGet: { path: string } };
  readonly readinessProbe?: { httpGet: { path: string } };
}

interface Pod {
  readonly securityContext: Record<string, unknown>;
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly containers: readonly Container[];
  readonly volumes: readonly { name: string; configMap?: { name: string }; hostPath?: unknown }[];
  readonly terminationGracePeriodSeconds: number;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  readonly data?: Record<string, string>;
  // Each kind has its own.
  // biome-ignore lint/suspicious/noExplicitAny: what is not there fails the test
  readonly spec?: any;
}

function build(overlay: string): { text: string; resources: readonly Resource[] } {
  const { status, stdout, stderr } = spawnSync(KUSTOMIZE, [
    'build',
    join(ROOT, 'config/kubernetes', overlay),
  ]);
  expect(status, String(stderr)).toBe(0);
  const text = String(stdout);
  return { text, resources: parseAllDocuments(text).map((each) => each.toJS() as Resource) };
}

function one(resources: readonly Resource[], kind: string): Resource {
  const found = resources.filter((each) => each.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}

function podOf(resources: readonly Resource[]): { pod: Pod; claims: readonly string[]; labels: object } {
  const workload = resources.find(({ kind }) => kind === 'StatefulSet' || kind === 'CronJob')!;
  const { template } = workload.kind === 'CronJob' ? workload.spec.jobTemplate.spec : workload.spec;
  const claims = (workload.spec.volumeClaimTemplates ?? []) as { metadata: { name: string } }[];
  return {
    pod: template.spec,
    claims: claims.map(({ metadata }) => metadata.name),
    labels: template.metadata.labels,
  };
}

const OVERLAYS = ['base', 'sidecar', 'cronjob'];

describe.runIf(shown)(`Kubernetes manifests${why}`, () => {
  it.each(OVERLAYS)(
    '%s: valid by the schemas of Kubernetes, and no field that they do not know',
    (overlay) => {
      const path = join(folder, `${overlay}.yaml`);
      writeFileSync(path, build(overlay).text);
      for (const version of VERSIONS) {
        const { status, stdout, stderr } = spawnSync(VALIDATE, ['--strict', '-k', version, path]);
        expect(status, `${stdout}${stderr}`).toBe(0);
      }
    },
  );

  it('the check finds a wrong field', () => {
    const path = join(folder, 'wrong.yaml');
    writeFileSync(path, build('base').text.replace('serviceName:', 'serviceNam:'));
    expect(spawnSync(VALIDATE, ['--strict', path]).status).not.toBe(0);
  });

  it.each(OVERLAYS)(
    '%s: every pod meets the Pod Security Standard "restricted", which its namespace enforces',
    (overlay) => {
      const { resources } = build(overlay);
      const { pod } = podOf(resources);
      expect(one(resources, 'Namespace').metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
      });
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod).not.toHaveProperty('hostNetwork');
      expect(pod).not.toHaveProperty('hostPID');
      expect(pod.volumes.filter((volume) => 'hostPath' in volume)).toEqual([]);
      for (const { securityContext, resources: limits, name } of pod.containers) {
        expect(securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(limits.limits.memory, name).toMatch(/Mi$/);
        expect(limits.requests, name).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
      }
    },
  );

  it.each(OVERLAYS)('%s: what is named is there: volumes, config maps, accounts, selectors', (overlay) => {
    const { resources } = build(overlay);
    const { pod, claims, labels } = podOf(resources);
    const volumes = [...pod.volumes.map(({ name }) => name), ...claims];
    expect(new Set(volumes).size).toBe(volumes.length);
    const mounted = pod.containers.flatMap((container) => container.volumeMounts.map(({ name }) => name));
    expect([...new Set(mounted)].sort()).toEqual([...volumes].sort());
    const maps = resources.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
    expect(pod.volumes.flatMap(({ configMap }) => (configMap ? [configMap.name] : [])).sort()).toEqual(
      maps.sort(),
    );
    expect(one(resources, 'ServiceAccount').metadata.name).toBe(pod.serviceAccountName);
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const { spec } of resources.filter(({ kind }) => kind === 'Service' || kind === 'StatefulSet')) {
      expect(labels).toMatchObject(spec.selector.matchLabels ?? spec.selector);
    }
    for (const { kind, metadata } of resources) {
      if (kind !== 'Namespace') expect(metadata.namespace, kind).toBe('clarifai-siem-export');
    }
  });

  it.each(OVERLAYS)('%s: its config is one of ours, and fits what is mounted and probed', (overlay) => {
    const { resources } = build(overlay);
    const { pod } = podOf(resources);
    const text = resources.find(({ data }) => data !== undefined && 'connector.yaml' in data)!.data![
      'connector.yaml'
    ]!;
    const pat = join(folder, 'pat');
    writeFileSync(pat, 'pat\n');
    const path = join(folder, 'connector.yaml');
    expect(text).toContain('/run/secrets/clarifai/pat');
    writeFileSync(path, text.replace('/run/secrets/clarifai/pat', pat));
    const config = loadConfig(path, {});
    const container = pod.containers.find(({ name }) => name === 'export')!;
    const at = new Map(container.volumeMounts.map((mount) => [mount.mountPath, mount]));
    expect(at.get('/etc/clarifai-siem-export')?.readOnly).toBe(true);
    expect(at.get('/run/secrets/clarifai')?.readOnly).toBe(true);
    expect(at.has(config.journal.path)).toBe(true);
    for (const sink of config.sinks) if (sink.type === 'file') expect(at.has(sink.path)).toBe(true);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(10);
    if (overlay === 'cronjob') {
      expect(container.args).toEqual(['run', '--once', '--reconcile']);
      expect(one(resources, 'CronJob').spec.concurrencyPolicy).toBe('Forbid');
      return;
    }
    expect(config.server).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(container.livenessProbe?.httpGet.path).toBe('/livez');
    expect(container.readinessProbe?.httpGet.path).toBe('/readyz');
    expect(one(resources, 'StatefulSet').spec.replicas).toBe(1);
  });

  it.each(OVERLAYS)(
    '%s: nothing comes in but from who scrapes, nothing goes out but names and HTTPS',
    (overlay) => {
      const { spec } = one(build(overlay).resources, 'NetworkPolicy');
      expect([...spec.policyTypes].sort()).toEqual(['Egress', 'Ingress']);
      expect(spec.podSelector).toEqual({});
      expect(spec.ingress.map(({ ports }: { ports: unknown }) => ports)).toEqual([
        [{ port: 9464, protocol: 'TCP' }],
      ]);
      const out = spec.egress.flatMap(({ ports }: { ports: { port: number }[] }) =>
        ports.map(({ port }) => port),
      );
      expect([...new Set(out)].sort()).toEqual([443, 53]);
    },
  );
});
