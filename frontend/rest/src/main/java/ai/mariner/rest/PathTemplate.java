package ai.mariner.rest;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A path with holes: {@code {model}}, {@code {version}} (one segment each, maybe with a fixed
 * ending as in {@code {model}:predict}) and {@code {url_path...}} (all that is left).
 */
final class PathTemplate {
  private static final String REST = "{url_path...}";
  private static final String MODEL = "{model}";
  private static final String VERSION = "{version}";

  private final String text;
  private final List<String> segments;
  private final boolean open;

  private PathTemplate(String text, List<String> segments, boolean open) {
    this.text = text;
    this.segments = segments;
    this.open = open;
  }

  static PathTemplate of(String text) {
    List<String> segments = new ArrayList<>(List.of(text.substring(1).split("/")));
    segments.remove("");
    boolean open = segments.remove(REST);
    return new PathTemplate(text, List.copyOf(segments), open);
  }

  /** As it is written in the API description. */
  String openApiText() {
    return text.replace(REST, "{url_path}");
  }

  /** Names of the holes. */
  List<String> holes() {
    List<String> holes = new ArrayList<>();
    for (String name : List.of("model", "version")) {
      if (text.contains('{' + name + '}')) {
        holes.add(name);
      }
    }
    if (open) {
      holes.add("url_path");
    }
    return holes;
  }

  /** The first segment if it is fixed; {@code null} when it is a hole, "" for the root. */
  @Nullable String firstWord() {
    if (segments.isEmpty()) {
      return "";
    }
    String first = segments.get(0);
    return first.startsWith("{") ? null : first;
  }

  /** The second segment if it is fixed; {@code null} when it is a hole, or there is none. */
  @Nullable String secondWord() {
    return segments.size() < 2 || segments.get(1).startsWith("{") ? null : segments.get(1);
  }

  /** Number of fixed segments; of two templates that fit, the one with more of them is meant. */
  int fixedSegments() {
    int fixed = 0;
    for (String segment : segments) {
      if (!segment.startsWith("{")) {
        fixed++;
      }
    }
    return fixed;
  }

  /** What the holes hold in a path that fits, else {@code null}. */
  @Nullable Holes match(List<String> path) {
    int fixed = segments.size();
    if (path.size() < fixed || (path.size() > fixed && !open)) {
      return null;
    }
    String model = "";
    String version = null;
    for (int i = 0; i < fixed; i++) {
      String segment = segments.get(i);
      String given = path.get(i);
      if (segment.startsWith(MODEL)) {
        int ending = segment.length() - MODEL.length();
        if (given.length() <= ending || !given.endsWith(segment.substring(MODEL.length()))) {
          return null;
        }
        model = given.substring(0, given.length() - ending);
      } else if (segment.equals(VERSION)) {
        if (given.isEmpty()) {
          return null;
        }
        version = given;
      } else if (!segment.equals(given)) {
        return null;
      }
    }
    String rest = path.size() == fixed ? "" : String.join("/", path.subList(fixed, path.size()));
    return new Holes(model, version, rest);
  }

  /**
   * What the holes hold.
   *
   * @param model model name, empty when the template has no such hole
   * @param version version, absent when the template has no such hole
   * @param rest what is left, joined by slashes
   */
  record Holes(String model, @Nullable String version, String rest) {}
}
