package ai.mariner.rest;

import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;

/** What TorchServe's clients and handlers know: the body is the input, errors have a type. */
final class TorchServeDialect implements Dialect {
  /** What beside the body goes to the handler. */
  enum Extras {
    /** Nothing. */
    NONE,
    /** The end of the path, as header {@code url_path}. */
    PATH,
    /** The query's parameters, as inputs. */
    QUERY
  }

  private final TorchServeErrors errors;
  private final Extras extras;

  private TorchServeDialect(TorchServeErrors errors, Extras extras) {
    this.errors = errors;
    this.extras = extras;
  }

  /** The dialect under a configuration's profile. */
  static TorchServeDialect of(ServerConfig config) {
    TorchServeErrors errors = new TorchServeErrors(config.profile(), config.exposeErrors());
    return new TorchServeDialect(errors, Extras.NONE);
  }

  /** The same for routes that hand over more than the body. */
  TorchServeDialect with(Extras more) {
    return new TorchServeDialect(errors, more);
  }

  @Override
  public InferenceRequest read(Call call, Operation operation) {
    List<InputPart> parts = RequestInputs.of(call, extras == Extras.QUERY, false);
    Router.Target target = call.target();
    String urlPath = extras == Extras.PATH ? target.rest() : null;
    return PredictionAction.request(call, target.ref(), operation, parts, urlPath);
  }

  @Override
  public Framing framing(HttpRequest request) {
    return Framing.accepted(request.headers());
  }

  @Override
  public Reply fail(Failure failure) {
    return errors.reply(failure);
  }

  @Override
  public Reply refuse(int status, String type, String message) {
    return TorchServeErrors.reply(status, type, message);
  }

  @Override
  public String errorSchema() {
    return OpenApi.ERROR;
  }
}
