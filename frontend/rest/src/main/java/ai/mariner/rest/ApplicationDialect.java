package ai.mariner.rest;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.net.NettyBody;
import ai.mariner.view.ErrorView;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the routes of an application read, answer and fail, as the application itself says. */
final class ApplicationDialect implements Dialect {
  private static final String BODY = "body";
  private static final String MESSAGE = "{message}";
  private static final String JSON_MESSAGE = "{json}";

  private final ApplicationSpec spec;
  private final @Nullable RouteSpec route;
  private final @Nullable RouteMeter meter;
  private final TorchServeDialect plain;

  /**
   * Makes the dialect.
   *
   * @param spec words for failures
   * @param route how requests are read; absent: there are none to be read
   * @param meter counts answers; absent: nothing does
   * @param plain what holds where the application says nothing
   */
  ApplicationDialect(
      ApplicationSpec spec,
      @Nullable RouteSpec route,
      @Nullable RouteMeter meter,
      TorchServeDialect plain) {
    this.spec = spec;
    this.route = route;
    this.meter = meter;
    this.plain = plain;
  }

  @Override
  public void answered(int status, long nanos) {
    if (meter != null) {
      meter.answered(status, nanos);
    }
  }

  @Override
  public InferenceRequest read(Call call, Operation operation) {
    // Without a type, so that nothing is decoded: the client's stands among the headers.
    List<InputPart> parts =
        isRaw()
            ? List.of(new InputPart(BODY, null, NettyBody.owning(call.takeBody())))
            : RequestInputs.of(call, true, true);
    Router.Target target = call.target();
    ModelRef model = target.model().isEmpty() ? ModelRef.of(spec.name()) : target.ref();
    InferenceRequest request =
        PredictionAction.request(
            call, model, operation, parts, target.rest().isEmpty() ? null : target.rest());
    Duration timeout = route == null ? null : route.timeout();
    return timeout == null ? request : request.within(timeout.toNanos());
  }

  @Override
  public Framing framing(HttpRequest request) {
    if (route != null && route.events()) {
      return Framing.EVENTS_OF_HANDLER;
    }
    return isRaw() ? Framing.CHUNKS : Framing.accepted(request.headers());
  }

  /**
   * Whether bytes go in and come out as they are: then {@code Accept} is the application's to read.
   */
  private boolean isRaw() {
    return route == null || route.body() == BodyForm.RAW;
  }

  /** The status that a handler chose stays, whatever the application says of its kind. */
  @Override
  public Reply fail(Failure failure) {
    FixedAnswer answer = spec.answerTo(failure.kind());
    if (answer == null) {
      return plain.fail(failure);
    }
    Integer chosen = failure.kind() == ErrorKind.HANDLER_STATUS ? failure.status() : null;
    int status = chosen != null && chosen >= 200 && chosen <= 599 ? chosen : answer.status();
    Reply reply = reply(status, answer.type(), told(answer.text(), failure.message()));
    return TorchServeErrors.withHeaders(reply, failure.kind(), status);
  }

  /** The status says more than the application could know; the words are its own. */
  @Override
  public Reply refuse(int status, String type, String message) {
    FixedAnswer answer = spec.answerTo(ErrorKind.BAD_REQUEST);
    return answer == null
        ? plain.refuse(status, type, message)
        : reply(status, answer.type(), told(answer.text(), message));
  }

  @Override
  public String errorSchema() {
    return OpenApi.ERROR;
  }

  /** An answer in the application's own words. */
  static Reply reply(int status, @Nullable String type, String text) {
    return Replies.of(status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String told(String text, String message) {
    // In this order: a message may hold anything.
    int at = text.indexOf(JSON_MESSAGE);
    if (at >= 0) {
      return told(text.substring(0, at), message)
          + ErrorView.quoted(message)
          + told(text.substring(at + JSON_MESSAGE.length()), message);
    }
    return text.replace(MESSAGE, message);
  }
}
