package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InputPart;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes a received {@code multipart/form-data} body apart (RFC 7578); lines may end without CR, as
 * TorchServe takes them. The parts are retained slices of the body; nothing is copied, which is why
 * Netty's decoder is not used here.
 */
final class MultipartParser {
  private static final int LONGEST_HEADERS = 16 * 1024;
  private static final int LONGEST_BOUNDARY = 200;

  private final ByteBuf body;
  private final byte[] delimiter;
  private final boolean typedFields;
  private final List<InputPart> parts = new ArrayList<>();
  private int at;

  private MultipartParser(ByteBuf body, String boundary, boolean typedFields) {
    this.body = body;
    this.typedFields = typedFields;
    this.delimiter = ("--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    this.at = body.readerIndex();
  }

  /**
   * Reads the parts.
   *
   * @param body the whole body, still owned by the caller
   * @param boundary boundary of the content type
   * @param typedFields whether a part that is no file has the type that it names; else it has none
   * @return parts that the caller owns
   * @throws ServeException if the body is malformed; nothing is owned by the caller then
   */
  static List<InputPart> parse(ByteBuf body, String boundary, boolean typedFields) {
    if (boundary.length() > LONGEST_BOUNDARY) {
      throw malformed(
          "boundary of " + boundary.length() + " characters", "at most " + LONGEST_BOUNDARY);
    }
    MultipartParser parser = new MultipartParser(body, boundary, typedFields);
    try {
      parser.readParts();
      return parser.parts;
    } catch (ServeException e) {
      parser.parts.forEach(part -> part.body().release());
      throw e;
    }
  }

  private void readParts() {
    if (!delimiterAt(at)) {
      int preambleEnd = nextDelimiter(at);
      if (preambleEnd < 0) {
        String line = Replies.printable(new String(delimiter, StandardCharsets.ISO_8859_1));
        throw malformed("no line " + line, "the boundary of the Content-Type before each part");
      }
      at = preambleEnd + lineEndAt(preambleEnd);
    }
    at += delimiter.length;
    while (!endsHere()) {
      readPart();
    }
    if (parts.isEmpty()) {
      throw malformed("no part", "at least one");
    }
  }

  /** Behind a boundary: two dashes end the body, a line end begins a part. */
  private boolean endsHere() {
    if (byteAt(at) == '-' && byteAt(at + 1) == '-') {
      return true;
    }
    at = skipBlanks(at);
    at += lineEndAt(at);
    return false;
  }

  private void readPart() {
    if (parts.size() == FormFields.MOST_FIELDS) {
      throw malformed("more than " + FormFields.MOST_FIELDS + " parts", "fewer");
    }
    String disposition = null;
    String type = null;
    int headersBegin = at;
    while (true) {
      String line = readLine(headersBegin);
      if (line.isEmpty()) {
        break;
      }
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw malformed("a part's header line without a colon", "name: value");
      }
      String value = line.substring(colon + 1).trim();
      switch (line.substring(0, colon).trim().toLowerCase(Locale.ROOT)) {
        case "content-disposition" -> disposition = value;
        case "content-type" -> type = value;
        case "content-transfer-encoding" -> checkEncoding(value);
        default -> {}
      }
    }
    boolean empty = delimiterAt(at);
    int end = empty ? at : nextDelimiter(at);
    if (end < 0) {
      throw malformed("a part without an end", "--boundary behind each part");
    }
    addPart(disposition, type, at, end);
    at = end + (empty ? 0 : lineEndAt(end)) + delimiter.length;
  }

  /** Mail libraries like to encode parts; HTTP has no such thing any more (RFC 7578, 4.7). */
  private static void checkEncoding(String encoding) {
    switch (encoding.toLowerCase(Locale.ROOT)) {
      case "binary", "8bit", "7bit" -> {}
      default ->
          throw malformed(
              "Content-Transfer-Encoding: " + Replies.printable(encoding),
              "binary, 8bit, 7bit or none");
    }
  }

  private void addPart(@Nullable String disposition, @Nullable String type, int begin, int end) {
    String name = disposition == null ? null : HeaderParameters.find(disposition, "name");
    if (disposition == null || name == null) {
      throw malformed("a part without a name", "Content-Disposition: form-data; name=\"...\"");
    }
    boolean file =
        HeaderParameters.find(disposition, "filename") != null
            || HeaderParameters.find(disposition, "filename*") != null;
    String shown = null;
    if (type != null && (file || typedFields)) {
      shown = RequestInputs.mediaType(type);
    } else if (file) {
      shown = "application/octet-stream";
    }
    String utf8Name =
        new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    ByteBuf content = body.retainedSlice(begin, end - begin);
    parts.add(new InputPart(utf8Name, shown, NettyBody.owning(content)));
  }

  private String readLine(int headersBegin) {
    int lf = indexOfLf(at);
    if (lf < 0) {
      throw malformed("a part's headers without an end", "an empty line");
    }
    if (lf - headersBegin > LONGEST_HEADERS) {
      throw malformed("a part's headers are too long", "at most " + LONGEST_HEADERS + " bytes");
    }
    int end = lineEndBegins(lf, at);
    String line = body.toString(at, end - at, StandardCharsets.ISO_8859_1);
    at = lf + 1;
    return line;
  }

  /** Position of the next line end that a boundary follows, or -1. */
  private int nextDelimiter(int from) {
    int lf = indexOfLf(from);
    while (lf >= 0) {
      if (delimiterAt(lf + 1)) {
        return lineEndBegins(lf, from);
      }
      lf = indexOfLf(lf + 1);
    }
    return -1;
  }

  private int indexOfLf(int from) {
    int length = body.writerIndex() - from;
    return length <= 0 ? -1 : body.forEachByte(from, length, ByteProcessor.FIND_LF);
  }

  /** Where the line end begins whose last byte is known: simple clients send no CR. */
  private int lineEndBegins(int lf, int least) {
    return lf > least && byteAt(lf - 1) == '\r' ? lf - 1 : lf;
  }

  /** Bytes of the line end that stands here; 0: none. */
  private int lineEndAt(int index) {
    if (byteAt(index) == '\n') {
      return 1;
    }
    return byteAt(index) == '\r' && byteAt(index + 1) == '\n' ? 2 : 0;
  }

  /** Whether a boundary stands here, and not just a line that begins like it. */
  private boolean delimiterAt(int index) {
    if (index + delimiter.length > body.writerIndex()) {
      return false;
    }
    for (int i = 0; i < delimiter.length; i++) {
      if (body.getByte(index + i) != delimiter[i]) {
        return false;
      }
    }
    int behind = index + delimiter.length;
    if (byteAt(behind) == '-' && byteAt(behind + 1) == '-') {
      return true;
    }
    return lineEndAt(skipBlanks(behind)) > 0;
  }

  private int skipBlanks(int from) {
    int index = from;
    while (byteAt(index) == ' ' || byteAt(index) == '\t') {
      index++;
    }
    return index;
  }

  private int byteAt(int index) {
    return index >= body.readerIndex() && index < body.writerIndex() ? body.getByte(index) : -1;
  }

  private static ServeException malformed(String what, String expected) {
    return new ServeException(
        ErrorKind.BAD_REQUEST,
        "Malformed multipart/form-data: " + what + " (expected: " + expected + ")");
  }
}
