package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InflightBudget;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Takes the pieces of bodies, without their content coding, within the limits. */
final class BodyIntake {
  private final Listener listener;

  BodyIntake(Listener listener) {
    this.listener = listener;
  }

  /** The body exceeds its limit. */
  Failure tooLarge() {
    return Failure.of(
        ErrorKind.REQUEST_TOO_LARGE,
        "The request's body is too large (expected: at most "
            + listener.maxRequestBytes()
            + " bytes, max_request_size)");
  }

  /**
   * Takes a piece, which this owns from now on.
   *
   * @return why nothing more of the body is taken, or {@code null}
   */
  @Nullable Failure take(Incoming now, ByteBuf piece) {
    now.received(piece.readableBytes());
    if (now.discarding()) {
      piece.release();
      return null;
    }
    if (now.receivedBytes() > listener.maxRequestBytes()) {
      piece.release();
      return tooLarge();
    }
    BodyDecoder decoder = now.decoder();
    if (decoder == null) {
      keep(now, piece);
      return null;
    }
    try {
      decoder.decode(piece, unpacked -> keepUnpacked(now, unpacked));
    } catch (DecompressionException e) {
      return torn(decoder, Replies.printable(String.valueOf(e.getMessage())));
    } finally {
      piece.release();
    }
    return now.unpacked(0) > listener.maxRequestBytes() ? tooLarge() : null;
  }

  private boolean keepUnpacked(Incoming now, ByteBuf unpacked) {
    if (now.unpacked(unpacked.readableBytes()) > listener.maxRequestBytes()) {
      unpacked.release();
      return false;
    }
    keep(now, unpacked);
    return !now.discarding();
  }

  private void keep(Incoming now, ByteBuf bytes) {
    InflightBudget budget = listener.context().budget();
    Exchange exchange = now.exchange();
    if (exchange.charge(budget, bytes.readableBytes())) {
      now.body().add(bytes);
      return;
    }
    bytes.release();
    now.discard();
    exchange.refund(budget);
    long left = RequestHead.announcedBytes(exchange.request()) - now.receivedBytes();
    if (left > Patience.MOST_BYTES) {
      exchange.closeAfter();
    }
    exchange.fail(budget.refusal());
  }

  /**
   * The body is whole.
   *
   * @return why it is not, or {@code null}
   */
  @Nullable Failure end(Incoming now) {
    BodyDecoder decoder = now.decoder();
    if (decoder == null || now.discarding()) {
      return null;
    }
    decoder.close();
    if (!decoder.isComplete()) {
      return torn(decoder, "it ends early");
    }
    tellPlain(now.exchange().request().headers(), now.unpacked(0));
    return null;
  }

  /** Headers as they would be without the coding; handlers see names in the client's spelling. */
  private static void tellPlain(HttpHeaders headers, long size) {
    headers.remove(HttpHeaderNames.CONTENT_ENCODING);
    for (String name : headers.names()) {
      if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
        headers.set(name, size);
      }
    }
  }

  private static Failure torn(BodyDecoder decoder, String why) {
    return Failure.of(
        ErrorKind.BAD_REQUEST,
        "The request's body is not what its Content-Encoding says: "
            + why
            + " (expected: "
            + decoder.coding()
            + ")");
  }
}
