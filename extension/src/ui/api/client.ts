// The one place that sends requests: to the host (`/ai/…`) and to the project (`/items/…`), both of
// the page's own origin.
import { ApiError } from "./errors.ts";

export type Area = "assistant" | "project";
export type Query = Record<string, unknown>;

export interface ClientOptions {
  /** What stands before the paths of the host and of the project. */
  readonly bases: Readonly<Record<Area, string>>;
  /** Renews the session; whether that worked. Left out where somebody else takes care of it. */
  readonly renew?: () => Promise<boolean>;
  /** Whether the server knows the user. Asked where a refusal may have that for its reason. */
  readonly isSignedIn?: () => Promise<boolean>;
  /** Called when the server no longer knows the user. */
  readonly onSignedOut?: () => void;
}

export interface UploadOptions {
  signal?: AbortSignal;
  onProgress?: (fraction: number) => void;
}

export class ApiClient {
  readonly #options: ClientOptions;
  #token: string | undefined;
  #renewing: Promise<boolean> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** A token that takes the place of the session. It is kept in memory alone. */
  set token(token: string | undefined) {
    this.#token = token;
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  address(area: Area, path: string, query: Query = {}): string {
    const text = encodeQuery(query);
    return this.#options.bases[area] + path + (text === "" ? "" : `?${text}`);
  }

  /** Sends a request and gives its answer. Whatever isn't a success is thrown as an `ApiError`. */
  async send(address: string, init: RequestInit = {}): Promise<Response> {
    let response = await this.#fetch(address, init);
    // Whoever is signing in has no session to lose.
    const isSignIn = address.startsWith(this.address("project", "/auth/"));
    const isLost = !isSignIn && (await this.#isLost(response.status));
    if (isLost && !(await this.#renewed())) {
      this.#options.onSignedOut?.();
      throw new ApiError(401, "INVALID_CREDENTIALS", (await ApiError.of(response)).message);
    }
    if (isLost) response = await this.#fetch(address, init);
    if (response.ok) return response;
    throw await ApiError.of(response);
  }

  async get<Data>(area: Area, path: string, query: Query = {}, signal?: AbortSignal): Promise<Data> {
    const response = await this.send(this.address(area, path, query), signal ? { signal } : {});
    return ((await response.json()) as { data: Data }).data;
  }

  /** Sends JSON and gives the body of the answer as it is, undefined where there is none. */
  async post<Body>(area: Area, path: string, body: unknown, method = "POST"): Promise<Body> {
    const response = await this.send(this.address(area, path), {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as Body;
  }

  /**
   * Sends a form and gives the body of the answer. `onProgress` hears how much of it has been sent, from 0
   * to 1, which `fetch` doesn't tell.
   */
  async upload<Body>(area: Area, path: string, form: FormData, { signal, onProgress }: UploadOptions = {}): Promise<Body> {
    signal?.throwIfAborted();
    const response = await new Promise<Response>((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.address(area, path));
      if (this.#token !== undefined) request.setRequestHeader("authorization", `Bearer ${this.#token}`);
      request.upload.onprogress = ({ lengthComputable, loaded, total }) => lengthComputable && onProgress?.(loaded / total);
      request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
      request.onerror = () => reject(new TypeError("the upload failed"));
      request.onabort = () => reject(new DOMException("the upload was stopped", "AbortError"));
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(form);
    });
    if (!response.ok) throw await ApiError.of(response);
    return (await response.json()) as Body;
  }

  async delete(area: Area, path: string): Promise<void> {
    await this.send(this.address(area, path), { method: "DELETE" });
  }

  #fetch(address: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    // Nothing leaves for another origin, whatever an address says.
    return fetch(address, { ...init, headers, mode: "same-origin", credentials: "same-origin", cache: "no-store" });
  }

  /**
   * Whether a refusal means that the session is over. A browser sends no cookie that has expired, and who
   * comes without one is simply not allowed.
   */
  async #isLost(status: number): Promise<boolean> {
    if (status === 401) return true;
    return status === 403 && this.#token === undefined && this.#options.isSignedIn !== undefined && !(await this.#options.isSignedIn());
  }

  /** One renewal for all requests that found the session expired. */
  #renewed(): Promise<boolean> {
    if (this.#options.renew === undefined || this.#token !== undefined) return Promise.resolve(false);
    this.#renewing ??= this.#options.renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }
}

/** Query parameters as Directus reads them: lists as `fields[]`, objects as JSON. */
export function encodeQuery(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) for (const one of value) parameters.append(`${name}[]`, String(one));
    else if (typeof value === "object") parameters.append(name, JSON.stringify(value));
    else parameters.append(name, String(value));
  }
  return parameters.toString();
}
