/** Failures with the HTTP status that the API gives them. @models moby 20.10 api/server/httputils/errors.go, errdefs @fidelity full */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, message);
export const notFound = (message: string): ApiError => new ApiError(404, message);
export const conflict = (message: string): ApiError => new ApiError(409, message);
export const systemError = (message: string): ApiError => new ApiError(500, message);
export const noSuchContainer = (name: string): ApiError => notFound(`No such container: ${name}`);
