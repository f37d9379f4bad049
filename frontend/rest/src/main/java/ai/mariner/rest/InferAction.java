package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Signature;
import ai.mariner.net.NettyBody;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.InferTerms;
import ai.mariner.oip.OipBinary;
import ai.mariner.oip.OipForm;
import ai.mariner.oip.OipText;
import ai.mariner.oip.SignatureCheck;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests of tensors to a model. A model that declares none gets the JSON of the protocol as
 * {@code body}, untouched if that is what came.
 */
final class InferAction implements Route.Action {
  /** More JSON than this is not read on an event loop. */
  private static final int MOST_INLINE_BYTES = 64 * 1024;

  /** What {@code url_path} is where pieces were asked for. */
  private static final String STREAM = "infer_stream";

  private final RestContext context;
  private final PredictionAction plain;
  private final @Nullable Framing framing;

  /**
   * Makes the action of a route.
   *
   * @param plain what serves requests whose body is the handler's
   * @param framing how pieces are set apart; absent: as the client accepts
   */
  InferAction(RestContext context, PredictionAction plain, @Nullable Framing framing) {
    this.context = context;
    this.plain = plain;
    this.framing = framing;
  }

  @Override
  public void run(Call call) {
    Exchange exchange = call.exchange();
    exchange.frame(framing != null ? framing : plain.dialect().framing(call.request()));
    ModelRef model = call.target().ref();
    Signature signature = context.tensors().enforced(model);
    String head = call.request().headers().get(OipBinary.HEADER);
    if (signature == null && head == null) {
      InferenceRequest request = marked(plain.dialect().read(call, Operation.PREDICT));
      InferSink sink = InferSink.untouched(exchange, context.codec());
      context.inference().submit(request, sink);
      return;
    }
    Reading reading = new Reading(call, model, signature, head);
    if (OipBinary.headLength(head, call.body().readableBytes()) <= MOST_INLINE_BYTES) {
      reading.submit(call.takeBody());
      return;
    }
    later(exchange, reading, call.takeBody());
  }

  /** A handler can tell whether the route promises pieces. */
  private InferenceRequest marked(InferenceRequest request) {
    return framing == null ? request : request.with(request.headers().with("url_path", STREAM));
  }

  private void later(Exchange exchange, Reading reading, ByteBuf body) {
    try {
      context.codec().execute(() -> guarded(exchange, reading, body));
    } catch (RejectedExecutionException e) {
      body.release();
      throw new ServeException(
          ErrorKind.SHUTTING_DOWN, "The server is shutting down and takes no more requests.");
    }
  }

  private static void guarded(Exchange exchange, Reading reading, ByteBuf body) {
    try {
      reading.submit(body);
    } catch (ServeException refusal) {
      exchange.fail(refusal.failure());
    } catch (RuntimeException fault) {
      exchange.fail(InternalFault.of(fault));
    }
  }

  /** One request that is being read. */
  private final class Reading {
    private final Call call;
    private final ModelRef model;
    private final @Nullable Signature signature;
    private final @Nullable String headLength;

    Reading(Call call, ModelRef model, @Nullable Signature signature, @Nullable String headLength) {
      this.call = call;
      this.model = model;
      this.signature = signature;
      this.headLength = headLength;
    }

    /** Reads and submits; the body is given back in any case. */
    void submit(ByteBuf body) {
      NettyBody received = NettyBody.owning(body);
      // JSON is turned into memory of its own, as are bytes that came in several pieces.
      boolean inPlace = headLength != null && body.nioBufferCount() == 1;
      InferMessage message;
      InferenceRequest request;
      try {
        message = message(received);
        request = request(message, inPlace ? received : Body.empty());
      } catch (RuntimeException e) {
        received.release();
        throw e;
      }
      if (!inPlace) {
        received.release();
      }
      InferSink sink = InferSink.tensors(call.exchange(), context.codec(), model, message);
      context.inference().submit(request, sink);
    }

    private InferMessage message(Body body) {
      ByteBuffer bytes = body.bytes();
      InferMessage message =
          headLength == null
              ? OipText.read(InferMessage.Side.REQUEST, bytes)
              : OipBinary.read(InferMessage.Side.REQUEST, bytes, headLength);
      if (signature != null) {
        SignatureCheck.check(signature, message);
      }
      return message;
    }

    private InferenceRequest request(InferMessage message, Body owner) {
      InferTerms terms = InferTerms.of(message);
      InferSink.check(message);
      Body body = OipForm.write(message, owner);
      List<InputPart> parts = List.of(new InputPart("body", OipForm.MEDIA_TYPE, body));
      InferenceRequest said = PredictionAction.unowned(call, model, Operation.PREDICT, parts);
      return marked(
          said.toBuilder()
              .headers(terms.headers(said.headers()))
              .timeoutNanos(terms.timeoutWithin(said.timeoutNanos()))
              .sequence(terms.sequence())
              .batchKey(signature == null ? null : SignatureCheck.batchKey(signature, message))
              .build());
    }
  }
}
