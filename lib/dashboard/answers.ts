import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { OnModuleDestroy } from '@nestjs/common';
import { systemClock, type Clock } from '../recruiter/clock.js';

/** ms that the rest of an answer may take when it has to end: a viewer whose machine sleeps never reads it. */
const PATIENCE = 500;

/** Node's own response below that of Express or Fastify. */
export function responseOf(response: unknown): ServerResponse {
  const { raw } = response as { readonly raw?: ServerResponse };
  return raw ?? (response as ServerResponse);
}

/**
 * The same to be written to, by our own hand: with the headers that guards and hooks have set on the framework's
 * response, and the framework keeps its hands off.
 */
export function answerByHand(response: unknown): ServerResponse {
  const raw = responseOf(response);
  if (raw === response) return raw;
  const reply = response as FastifyReply;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}

/** What is used of the reply of Fastify, which need not be installed. */
interface FastifyReply {
  hijack(): unknown;
  getHeaders(): OutgoingHttpHeaders;
}

/**
 * The answers under way. A server that closes waits for each of them, and so for a viewer who does not read: one
 * sleeping laptop would keep the application from closing. So it ends them, and lets go of the sockets of those that
 * are not taken.
 */
export class Answers implements OnModuleDestroy {
  readonly #underWay = new Map<ServerResponse, () => void>();
  #isClosing = false;

  constructor(private readonly clock: Required<Clock> = systemClock) {}

  /** @param end - ends an answer that does not end by itself. */
  track(response: ServerResponse, end: () => void = () => {}): void {
    this.#underWay.set(response, end);
    response.once('close', () => this.#underWay.delete(response));
    if (this.#isClosing) void this.#end(response, end);
  }

  /** Resolves when no answer that has begun is under way any more. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    const begun = [...this.#underWay].filter(([{ headersSent }]) => headersSent);
    await Promise.all(begun.map(([response, end]) => this.#end(response, end)));
  }

  async #end(response: ServerResponse, end: () => void): Promise<void> {
    const closed = new Promise<void>((resolve) => void response.once('close', resolve));
    end();
    const callOff = letGoLater(response, this.clock);
    await closed;
    callOff();
  }
}

/** Destroys the socket unless the answer has closed in time; returns a function that calls it off. */
export function letGoLater(response: ServerResponse, clock: Required<Clock>): () => void {
  return clock.after(PATIENCE, () => letGo(response), true);
}

/** Of HTTP/2 that is the stream alone: other requests go on over the same connection. */
export function letGo(response: ServerResponse): void {
  response.socket?.destroy();
}
