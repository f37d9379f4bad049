package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import io.netty.handler.codec.http.HttpRequest;

/**
 * The Open Inference Protocol (KServe's V2): its errors and statuses. Requests and answers are left
 * to the handler, who sees the JSON as {@code body}, as with TorchServe.
 */
final class OpenInferenceDialect implements Dialect {
  private final Dialect body;
  private final OpenInferenceErrors errors;

  /**
   * Makes the dialect.
   *
   * @param body how the handler's input is read
   * @param exposeErrors whether clients see the cause of a failure
   */
  OpenInferenceDialect(Dialect body, boolean exposeErrors) {
    this.body = body;
    this.errors = new OpenInferenceErrors(exposeErrors);
  }

  @Override
  public InferenceRequest read(Call call, Operation operation) {
    return body.read(call, operation);
  }

  @Override
  public Framing framing(HttpRequest request) {
    return body.framing(request);
  }

  @Override
  public Reply fail(Failure failure) {
    return errors.reply(failure);
  }

  @Override
  public Reply refuse(int status, String type, String message) {
    return OpenInferenceErrors.reply(status, message);
  }

  @Override
  public String errorSchema() {
    return OpenApi.OPEN_INFERENCE_ERROR;
  }
}
