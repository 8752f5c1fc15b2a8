// Errors of the host and of Directus, which have the same shape.
import { t } from "../i18n/index.ts";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds after which it is worth trying again, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  static async of(response: Response): Promise<ApiError> {
    const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
    const error = body?.errors?.[0];
    const retryAfter = Number(response.headers.get("retry-after"));
    return new ApiError(
      response.status,
      error?.extensions?.code ?? "UNKNOWN",
      error?.message ?? t("error.status", { status: String(response.status) }),
      retryAfter > 0 ? retryAfter : undefined,
    );
  }

  /** Whether the user has to sign in again. */
  get isSignedOut(): boolean {
    return this.status === 401 || this.code === "INVALID_CREDENTIALS" || this.code === "TOKEN_EXPIRED";
  }
}

interface ErrorBody {
  errors?: { message?: string; extensions?: { code?: string; reason?: string } }[];
}

/** What is wrong and what the user can do about it, in one or two sentences. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.isSignedOut) return t("error.signedOut");
    if (error.status === 429 || error.status === 503) {
      const advice = error.retryAfter ? t("error.retryIn", { count: error.retryAfter }) : t("error.retryLater");
      return `${error.message} ${advice}`;
    }
    if (error.status === 403) return `${error.message} ${t("error.askAdmin")}`;
    return error.message;
  }
  // What `fetch` throws when there was no answer.
  if (error instanceof TypeError) return t("error.offline");
  return error instanceof Error && error.message !== "" ? error.message : t("error.unknown");
}
