package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.oip.AskedModel;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.OipBinary;
import ai.mariner.oip.OutputWishes;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers of tensors as the request wants them, as JSON or with bytes behind it, and packed
 * if the client takes that. Large answers are written beside the model's loop.
 */
final class InferSink extends CodingSink {
  private static final String BINARY_TYPE = "application/octet-stream";

  private final @Nullable AskedModel asked;
  private final OutputWishes wishes;
  private final @Nullable ReplyCoding coding;

  // Of the core's thread.
  private boolean over;
  private boolean pieceSeen;
  private volatile @Nullable Runnable cancelTask;

  private InferSink(
      Exchange exchange, Executor codec, @Nullable AskedModel asked, OutputWishes wishes) {
    super(exchange, codec);
    this.asked = asked;
    this.wishes = wishes;
    this.coding = ReplyCoding.accepted(exchange.request().headers());
  }

  /** A sink for answers that stay as they are. */
  static InferSink untouched(Exchange exchange, Executor codec) {
    return new InferSink(exchange, codec, null, OutputWishes.TEXT);
  }

  /** A sink for the answer to a request of tensors. */
  static InferSink tensors(
      Exchange exchange, Executor codec, ModelRef model, InferMessage request) {
    AskedModel asked = new AskedModel(model.name(), model.version(), request.id());
    return new InferSink(exchange, codec, asked, OutputWishes.of(request));
  }

  /**
   * Refuses a request whose wishes can't be read.
   *
   * @throws ServeException BAD_REQUEST
   */
  static void check(InferMessage request) {
    OutputWishes.of(request);
  }

  @Override
  public void next(Reply piece) {
    if (over) {
      piece.body().release();
      return;
    }
    pieceSeen = true;
    try {
      exchange().next(written(piece));
    } catch (ServeException fault) {
      over = true;
      exchange().fail(fault.failure());
      Runnable task = cancelTask;
      if (task != null) {
        task.run();
      }
    }
  }

  @Override
  public void end(Reply last) {
    if (over) {
      last.body().release();
      return;
    }
    over = true;
    boolean whole = !pieceSeen;
    if (!whole && last.body().size() == 0) {
      // It only says that there are no more pieces.
      exchange().end(last);
    } else if (whole && last.body().size() > MOST_INLINE_BYTES && isWork(last)) {
      later(() -> finish(last, true));
    } else {
      finish(last, whole);
    }
  }

  private boolean isWork(Reply reply) {
    return coding != null || (asked != null && isTensors(reply) && !wishes.binary());
  }

  private void finish(Reply last, boolean whole) {
    Reply reply;
    try {
      reply = written(last);
      reply = whole && coding != null ? coding.packed(reply) : reply;
    } catch (ServeException fault) {
      exchange().fail(fault.failure());
      return;
    } catch (RuntimeException fault) {
      exchange().fail(InternalFault.of(fault));
      return;
    }
    exchange().end(reply);
  }

  /** Whether an answer has to be read: the model's, or the JSON of one that declares no tensors. */
  private boolean isTensors(Reply reply) {
    if (AskedModel.isForm(reply)) {
      return true;
    }
    Integer status = reply.status();
    return !wishes.isText() && (status == null || status < 400);
  }

  /** The piece as the client wants it; its body belongs to the result, or was released. */
  private Reply written(Reply reply) {
    AskedModel model = asked;
    if (model == null || !isTensors(reply)) {
      return reply;
    }
    try {
      OipBinary.Written message = OipBinary.write(model.read(reply), wishes);
      Body body = Body.joined(message.pieces(), reply.body());
      Reply text = new Reply(reply.status(), reply.reason(), Replies.JSON, reply.headers(), body);
      if (message.headLength() == body.size()) {
        return text;
      }
      Reply binary = new Reply(reply.status(), reply.reason(), BINARY_TYPE, reply.headers(), body);
      return Replies.with(binary, OipBinary.HEADER, Integer.toString(message.headLength()));
    } catch (ServeException fault) {
      reply.body().release();
      throw asOutput(fault);
    } catch (RuntimeException fault) {
      reply.body().release();
      throw fault;
    }
  }

  /** What can't be written is the model's fault, not the client's. */
  private static ServeException asOutput(ServeException fault) {
    Failure failure = fault.failure();
    return failure.kind() == ErrorKind.BAD_REQUEST
        ? new ServeException(Failure.of(ErrorKind.OUTPUT_INVALID, failure.message()), fault)
        : fault;
  }

  @Override
  public void fail(Failure failure) {
    if (!over) {
      over = true;
      super.fail(failure);
    }
  }

  @Override
  public void onCancel(Runnable task) {
    cancelTask = task;
    super.onCancel(task);
  }
}
