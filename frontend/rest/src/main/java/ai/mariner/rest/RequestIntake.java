package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import org.jspecify.annotations.Nullable;

/** Receives the requests of a connection one after the other, within their limits. */
final class RequestIntake {
  private static final String BAD_REQUEST = "BadRequestException";
  private static final String TOO_SLOW = "RequestTimeoutException";

  private final HttpConnection connection;
  private final Listener listener;
  private final HeadCheck heads;
  private final BodyIntake bodies;
  private @Nullable Incoming incoming;
  private boolean closed;
  private boolean unreadable;

  RequestIntake(HttpConnection connection, Listener listener) {
    this.connection = connection;
    this.listener = listener;
    this.heads = new HeadCheck(listener);
    this.bodies = new BodyIntake(listener);
  }

  /** The request that is being received, if any. */
  @Nullable Incoming incoming() {
    return incoming;
  }

  /** Whether the client may still be sending what belongs to a request. */
  boolean midRequest() {
    return incoming != null || unreadable;
  }

  /** Takes the line and headers of a request. */
  void request(HttpRequest request, ByteBufAllocator allocator) {
    if (closed) {
      return;
    }
    connection.requestComplete();
    if (request.decoderResult().isFailure()) {
      malformed(request, request.decoderResult().cause());
      return;
    }
    Exchange exchange = open(request);
    connection.enter(exchange);
    RequestHead.Refusal malformed = RequestHead.refusal(request, listener.intake().maxHeaders());
    if (malformed != null) {
      refuse(exchange, malformed.status(), malformed.type(), malformed.message());
      return;
    }
    Incoming next = new Incoming(exchange, allocator, exchange.startNanos());
    incoming = next;
    Reply refusal = heads.refusal(next, allocator);
    if (refusal != null) {
      answerEarly(next, refusal);
    } else if (RequestHead.announcedBytes(request) > listener.maxRequestBytes()) {
      cutOff(next, bodies.tooLarge());
    } else if (expects(exchange)) {
      expectation(next);
    }
  }

  /** Answers a request whose body may still come; the connection goes on if it is small. */
  private void answerEarly(Incoming next, Reply answer) {
    Exchange exchange = next.exchange();
    next.discard();
    boolean large = RequestHead.announcedBytes(exchange.request()) > Patience.MOST_BYTES;
    if (large || expects(exchange)) {
      // Whether a client that waits to be asked sends its body now can't be known.
      closed = true;
      exchange.closeAfter();
    }
    exchange.end(answer);
  }

  private Exchange open(HttpRequest request) {
    RestContext context = listener.context();
    long id = context.inference().nextRequestId();
    String label = RequestHead.label(request);
    return new Exchange(
        connection,
        request,
        id,
        label,
        label == null ? context.inference().labels().of(id) : label,
        RequestHead.keepAlive(request),
        context.clock().getAsLong());
  }

  /** Takes no more of a request, answers it and closes. */
  private void cutOff(Incoming next, Failure failure) {
    Exchange exchange = next.exchange();
    next.discard();
    closed = true;
    exchange.closeAfter();
    if (exchange.isUnanswered()) {
      exchange.fail(failure);
    } else {
      connection.finish();
    }
  }

  /** A body that nobody wants has been read for long enough. */
  void enough() {
    Incoming now = incoming;
    if (now == null || closed) {
      return;
    }
    closed = true;
    now.exchange().closeAfter();
    if (!now.exchange().isUnanswered()) {
      connection.finish();
    }
  }

  private static boolean expects(Exchange exchange) {
    return !exchange.isHttp10() && exchange.request().headers().contains(HttpHeaderNames.EXPECT);
  }

  private void expectation(Incoming next) {
    Exchange exchange = next.exchange();
    String expected = exchange.request().headers().get(HttpHeaderNames.EXPECT);
    if (!HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expected)) {
      String shown = Replies.printable(String.valueOf(expected));
      String message = "Expect: " + shown + " (expected: 100-continue)";
      refuse(exchange, 417, "ExpectationException", message);
    } else if (connection.isHead(exchange)) {
      connection.writeContinue();
    } else {
      next.continueDue(true);
    }
  }

  /** It is another request's turn to answer. */
  void headChanged() {
    Incoming now = incoming;
    if (now != null && now.continueDue() && connection.isHead(now.exchange())) {
      now.continueDue(false);
      connection.writeContinue();
    }
  }

  /** Takes a piece of the body, which this owns from now on. */
  void content(HttpContent content) {
    Incoming now = incoming;
    if (now == null || (closed && now.discarding())) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      Throwable cause = content.decoderResult().cause();
      refuse(now.exchange(), 400, BAD_REQUEST, "Invalid HTTP message: " + reason(cause));
      return;
    }
    Failure failure = bodies.take(now, content.content());
    if (failure == null && content instanceof LastHttpContent) {
      failure = bodies.end(now);
    }
    if (failure != null) {
      cutOff(now, failure);
    } else if (content instanceof LastHttpContent) {
      complete(now);
    } else if (now.discardedBytes() > Patience.MOST_BYTES) {
      enough();
    }
  }

  private void complete(Incoming done) {
    incoming = null;
    connection.requestComplete();
    Exchange exchange = done.exchange();
    if (!exchange.keepAlive()) {
      closed = true;
    }
    Router.Target target = done.target();
    if (target == null || done.discarding()) {
      return;
    }
    try (Call call = new Call(exchange, target, done.body().take())) {
      call.run(target.route().action());
    }
  }

  private void malformed(HttpRequest request, Throwable cause) {
    if (cause instanceof PrematureChannelClosureException) {
      connection.finish();
    } else if (cause instanceof TooLongHttpHeaderException) {
      String limit = listener.context().config().limits().maxHeaderBytes() + " bytes";
      refuseUnread(
          request,
          431,
          "HeadersTooLargeException",
          "The request's headers are too large (expected: at most " + limit + ")");
    } else if (cause instanceof TooLongHttpLineException) {
      String limit = listener.context().config().limits().maxHeaderBytes() + " bytes";
      refuseUnread(
          request,
          414,
          "UriTooLongException",
          "The request line is too long (expected: at most " + limit + ")");
    } else {
      refuseUnread(request, 400, BAD_REQUEST, "Invalid HTTP message: " + reason(cause));
    }
  }

  private static String reason(@Nullable Throwable cause) {
    String text = cause == null ? null : cause.getMessage();
    return text == null ? "it can't be parsed" : Replies.printable(text);
  }

  /** Answers what could not be read as a request, and closes. */
  private void refuseUnread(HttpRequest request, int status, String type, String message) {
    Exchange exchange = open(request);
    connection.enter(exchange);
    refuse(exchange, status, type, message);
  }

  void refuseSlowHead() {
    if (!closed) {
      HttpRequest unknown =
          new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf("-"), "-");
      String limit = listener.intake().headerTimeout().toMillis() + " ms, header_timeout";
      String message = "The request's headers came too slowly (expected: within " + limit + ")";
      refuseUnread(unknown, 408, TOO_SLOW, message);
    }
  }

  void refuseSlowBody() {
    Incoming now = incoming;
    if (now != null && !closed) {
      String rate = listener.intake().leastBodyRate() + " bytes a second, min_body_rate";
      String message = "The request's body came too slowly (expected: at least " + rate + ")";
      refuse(now.exchange(), 408, TOO_SLOW, message);
    }
  }

  private void refuse(Exchange exchange, int status, String type, String message) {
    closed = true;
    unreadable = true;
    Incoming now = incoming;
    if (now != null) {
      now.discard();
    }
    exchange.closeAfter();
    if (exchange.isUnanswered()) {
      exchange.end(exchange.dialect().refuse(status, type, message));
    } else {
      connection.finish();
    }
  }

  /** Forgets the request that is being received. */
  void abandon() {
    closed = true;
    Incoming now = incoming;
    if (now != null) {
      incoming = null;
      now.discard();
    }
  }
}
