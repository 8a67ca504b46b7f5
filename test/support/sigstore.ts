/**
 * A sigstore of a test's own: a certificate authority, its log, and a transparency log, on the mocks
 * that sigstore's libraries are tested with. Signs whatever statement it is told to.
 */
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleToJSON } from '@sigstore/bundle';
import { initializeCA, initializeCTLog, initializeTLog, rekorHandler } from '@sigstore/mock';
import { HashAlgorithm, PublicKeyDetails, type TrustedRoot } from '@sigstore/protobuf-specs';
import { DSSEBundleBuilder, RekorWitness } from '@sigstore/sign';
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify';

const FULCIO = '1.3.6.1.4.1.57264.1';
const SINCE = new Date(0);
const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Values of Fulcio's extensions, by the last number of their identifier. */
export type Extensions = Readonly<Record<number, string>>;

export interface Signing {
  readonly extensions: Extensions;
  readonly payloadType?: string;
  /** When the certificate was issued. Default: now. */
  readonly issuedAt?: Date;
}

export class Sigstore {
  readonly #ca: Awaited<ReturnType<typeof initializeCA>>;
  readonly #authority: ReturnType<typeof newKeys>;
  readonly #ctLog: Awaited<ReturnType<typeof initializeCTLog>>;
  readonly #rekor: Server;
  readonly trustMaterial: TrustMaterial;

  private constructor(
    ca: Awaited<ReturnType<typeof initializeCA>>,
    authority: ReturnType<typeof newKeys>,
    ctLog: Awaited<ReturnType<typeof initializeCTLog>>,
    rekor: Server,
    trustMaterial: TrustMaterial,
  ) {
    this.#ca = ca;
    this.#authority = authority;
    this.#ctLog = ctLog;
    this.#rekor = rekor;
    this.trustMaterial = trustMaterial;
  }

  static async open(): Promise<Sigstore> {
    const authority = newKeys();
    const ctLog = await initializeCTLog(newKeys());
    const ca = await initializeCA(authority, ctLog);
    const rekor = createServer().listen(0, '127.0.0.1');
    await once(rekor, 'listening');
    const log = await initializeTLog(urlOf(rekor), newKeys());
    const { fn } = rekorHandler(log);
    rekor.on('request', (request, response) => {
      void text(request)
        .then(fn)
        .then(({ statusCode, response: body, contentType }) => {
          response.writeHead(statusCode, { 'content-type': contentType ?? 'text/plain' }).end(body);
        });
    });
    const root: TrustedRoot = {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logInstance(urlOf(rekor), log.publicKey)],
      ctlogs: [logInstance('', ctLog.publicKey)],
      certificateAuthorities: [
        {
          subject: { commonName: 'sigstore', organization: 'sigstore.mock' },
          uri: '',
          operator: '',
          certChain: { certificates: [{ rawBytes: bytesOf(ca.rootCertificate) }] },
          validFor: { start: SINCE },
        },
      ],
      timestampAuthorities: [],
    };
    return new Sigstore(ca, authority, ctLog, rekor, toTrustMaterial(root));
  }

  /** @returns a bundle as the registry has it, in JSON */
  async sign(payload: string, signing: Signing): Promise<object> {
    const { extensions, payloadType = 'application/vnd.in-toto+json', issuedAt } = signing;
    const keys = newKeys();
    const ca =
      issuedAt === undefined
        ? this.#ca
        : // The same authority at another time.
          await initializeCA(this.#authority, this.#ctLog, issuedAt);
    const der = await ca.issueCertificate({
      publicKey: keys.publicKey.export({ format: 'der', type: 'spki' }),
      subjectAltName: 'https://github.com/ada/waitbus-source-k8s/workflow',
      extensions: Object.entries(extensions).map(([last, value]) => ({
        oid: `${FULCIO}.${last}`,
        value,
      })),
    });
    const certificate = new X509Certificate(bytesOf(der)).toString();
    const builder = new DSSEBundleBuilder({
      signer: {
        sign: async (data) => ({
          signature: sign('sha256', data, keys.privateKey),
          key: { $case: 'x509Certificate', certificate },
        }),
      },
      witnesses: [new RekorWitness({ rekorBaseURL: urlOf(this.#rekor), entryType: 'intoto' })],
    });
    const bundle = await builder.create({ data: Buffer.from(payload), type: payloadType });
    return bundleToJSON(bundle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rekor.closeAllConnections();
    this.#rekor.close();
    await once(this.#rekor, 'close');
  }
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function logInstance(baseUrl: string, publicKey: Buffer) {
  return {
    baseUrl,
    operator: '',
    hashAlgorithm: HashAlgorithm.SHA2_256,
    logId: { keyId: createHash('sha256').update(publicKey).digest() },
    checkpointKeyId: undefined,
    publicKey: {
      rawBytes: publicKey,
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start: SINCE },
    },
  };
}
