package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.netty.handler.codec.compression.Zstd;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;

/** A content coding that a client takes for the answer (RFC 9110, 12.5.3). */
enum ReplyCoding {
  GZIP("gzip"),
  DEFLATE("deflate"),
  ZSTD("zstd");

  /** Less than this is not worth it. */
  private static final int LEAST_BYTES = 1024;

  private static final int CHUNK = 64 * 1024;
  private static final int ZSTD_LEVEL = 1;

  private final String text;

  ReplyCoding(String text) {
    this.text = text;
  }

  /**
   * The coding that {@code Accept-Encoding} prefers; absent: none. Of equals Zstandard is the
   * first, if it is named: not everything that says {@code *} knows it.
   */
  static @Nullable ReplyCoding accepted(HttpHeaders headers) {
    if (!headers.contains(HttpHeaderNames.ACCEPT_ENCODING)) {
      return null;
    }
    String all = String.join(",", headers.getAll(HttpHeaderNames.ACCEPT_ENCODING));
    double gzip = -1;
    double deflate = -1;
    double zstd = 0;
    double any = 0;
    for (String item : all.toLowerCase(Locale.ROOT).split(",", -1)) {
      double weight = Framing.weight(item);
      switch (RequestInputs.mediaType(item)) {
        case "gzip", "x-gzip" -> gzip = weight;
        case "deflate" -> deflate = weight;
        case "zstd" -> zstd = weight;
        case "*" -> any = weight;
        default -> {
          // One that this server has not.
        }
      }
    }
    gzip = gzip < 0 ? any : gzip;
    deflate = deflate < 0 ? any : deflate;
    if (zstd > 0 && zstd >= Math.max(gzip, deflate) && Zstd.isAvailable()) {
      return ZSTD;
    }
    if (gzip <= 0 && deflate <= 0) {
      return null;
    }
    return gzip >= deflate ? GZIP : DEFLATE;
  }

  /** The answer in this coding, if it is large enough and has none. */
  Reply packed(Reply reply) {
    if (reply.body().size() < LEAST_BYTES || isCoded(reply)) {
      return reply;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(reply.body().size() / 2);
    try (OutputStream packing = packing(out)) {
      for (ByteBuffer piece : reply.body().pieces()) {
        write(piece, packing);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      reply.body().release();
    }
    Reply packed =
        new Reply(
            reply.status(),
            reply.reason(),
            reply.contentType(),
            List.copyOf(reply.headers()),
            Body.of(out.toByteArray()));
    return Replies.with(Replies.with(packed, "Content-Encoding", text), "Vary", "Accept-Encoding");
  }

  private static boolean isCoded(Reply reply) {
    return reply.headers().stream()
        .anyMatch(each -> each.name().equalsIgnoreCase("content-encoding"));
  }

  private OutputStream packing(OutputStream out) throws IOException {
    return switch (this) {
      case GZIP -> new FastGzip(out);
      case DEFLATE -> new FastDeflate(out);
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL);
    };
  }

  private static void write(ByteBuffer piece, OutputStream out) throws IOException {
    byte[] chunk = new byte[Math.min(CHUNK, piece.remaining())];
    while (piece.hasRemaining()) {
      int count = Math.min(chunk.length, piece.remaining());
      piece.get(chunk, 0, count);
      out.write(chunk, 0, count);
    }
  }

  /** Tensors are packed for the network's sake: speed counts more than the last percent. */
  private static final class FastGzip extends java.util.zip.GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, CHUNK);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  /** The stream closes only a deflater of its own making. */
  private static final class FastDeflate extends DeflaterOutputStream {
    FastDeflate(OutputStream out) {
      super(out, new Deflater(Deflater.BEST_SPEED), CHUNK);
    }

    @Override
    public void close() throws IOException {
      super.close();
      def.end();
    }
  }
}
