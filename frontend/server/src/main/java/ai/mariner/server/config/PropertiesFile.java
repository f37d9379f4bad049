package ai.mariner.server.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A configuration file in the syntax of Java properties.
 *
 * @param path where it was read from, for messages
 * @param values last value of each key, without blanks around it, in the file's order
 * @param repeatedKeys keys that stand in the file more than once
 */
public record PropertiesFile(Path path, Map<String, String> values, List<String> repeatedKeys) {
  /** What editors of other systems put in front of a text. */
  private static final String MARK = "\ufeff";

  /**
   * Reads a file, as its byte order mark says, else as UTF-8 or, if it isn't that, as ISO 8859-1.
   *
   * @throws IOException if it can't be read
   * @throws IllegalArgumentException if it has a malformed Unicode escape, or is no text
   */
  public static PropertiesFile read(Path path) throws IOException {
    String text = decode(Files.readAllBytes(path));
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("it holds the byte 0");
    }
    return parse(path, text);
  }

  /**
   * Reads a file's text.
   *
   * @throws IllegalArgumentException if it has a malformed Unicode escape
   */
  static PropertiesFile parse(Path path, String text) {
    Entries entries = new Entries();
    try {
      entries.load(new StringReader(text));
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory can be read", e);
    }
    return new PropertiesFile(path, entries.values, List.copyOf(entries.repeated));
  }

  private static String decode(byte[] bytes) {
    int first = bytes.length < 2 ? 0 : ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
    if (first == 0xfeff || first == 0xfffe) {
      return new String(bytes, StandardCharsets.UTF_16);
    }
    try {
      String text = utf8(bytes);
      return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  private static String utf8(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  /** Properties that remember their order and what came twice. */
  private static final class Entries extends Properties {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, String> values = new LinkedHashMap<>();
    private final transient List<String> repeated = new ArrayList<>();

    @Override
    public synchronized Object put(Object key, Object value) {
      String name = (String) key;
      String before = values.put(name, ((String) value).strip());
      if (before != null && !repeated.contains(name)) {
        repeated.add(name);
      }
      return before == null ? "" : before;
    }
  }
}
