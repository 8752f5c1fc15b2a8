// The parts of Directus's interface to extensions that are used here. Types alone.
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export interface Accountability {
  user: string | null;
  role: string | null;
  admin: boolean;
  app: boolean;
  ip: string | null;
}

/** An Express request once Directus has authenticated it. */
export interface DirectusRequest extends IncomingMessage {
  url: string;
  method: string;
  /** Where the router that handles the request is mounted. */
  baseUrl: string;
  /** What Directus's JSON parser made of the body. */
  body?: unknown;
  /** The bytes that it was made of. */
  rawBody?: Buffer;
  accountability?: Accountability | null;
  tokenSource?: "header" | "cookie" | "query" | null;
  schema?: unknown;
}

export type Next = (error?: unknown) => void;
export type Handler = (request: DirectusRequest, response: ServerResponse, next: Next) => void;

/** An Express application or router. */
export interface Router {
  use(handler: Handler): void;
  use(path: string, handler: Handler): void;
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

interface ServiceOptions {
  accountability: Accountability;
  schema: unknown;
}

export interface Services {
  ServerService: new (options: ServiceOptions) => { serverInfo(): Promise<Record<string, unknown>> };
  SettingsService: new (options: ServiceOptions) => {
    readSingleton(query: { fields: string[] }): Promise<Record<string, unknown>>;
  };
}

export interface ExtensionContext {
  env: Record<string, unknown>;
  logger: Logger;
  services: Services;
  getSchema(): Promise<unknown>;
}

export interface HookRegistry {
  init(event: string, handler: (meta: { app: Router }) => void): void;
  action(event: string, handler: (meta: { server: Server }) => void): void;
}
