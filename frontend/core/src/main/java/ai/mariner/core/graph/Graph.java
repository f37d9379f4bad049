package ai.mariner.core.graph;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which program's answer goes to which. Immutable; nodes have numbers, in an order in which every
 * node comes after its inputs. The nodes that nobody follows, the exits, give the answer to the
 * client: mostly one.
 */
public final class Graph {
  private final List<GraphNode> nodes;
  private final int[][] inputs;
  private final int[][] followers;
  private final int[] exits;

  /** How many exits there may be. */
  public enum Exits {
    /** One, whose answer is the client's as it is. */
    ONE,
    /** Any number; of several the answers are put together. */
    ANY
  }

  /**
   * Makes a graph.
   *
   * @param given its nodes, in any order
   * @param allowed how many exits there may be
   * @throws ServeException ARCHIVE_INVALID that says what is wrong: no node, two of one name, an
   *     input that is no node, a cycle, or more exits than there may be
   */
  public Graph(List<GraphNode> given, Exits allowed) {
    Map<String, GraphNode> byName = byName(given);
    this.nodes = ordered(byName);
    this.inputs = new int[nodes.size()][];
    this.followers = new int[nodes.size()][];
    Map<String, Integer> numbers = new LinkedHashMap<>();
    List<List<Integer>> after = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      numbers.put(nodes.get(i).name(), i);
      after.add(new ArrayList<>());
      inputs[i] = nodes.get(i).inputs().stream().mapToInt(numbers::get).toArray();
      for (int input : inputs[i]) {
        after.get(input).add(i);
      }
    }
    for (int i = 0; i < nodes.size(); i++) {
      followers[i] = after.get(i).stream().mapToInt(Integer::intValue).toArray();
    }
    this.exits =
        IntStream.range(0, nodes.size()).filter(node -> followers[node].length == 0).toArray();
    if (exits.length > 1 && allowed == Exits.ONE) {
      throw invalid(
          "ends in several nodes: "
              + String.join(", ", exitNames())
              + " (expected: one, from which the client gets its answer)");
    }
  }

  private static Map<String, GraphNode> byName(List<GraphNode> given) {
    if (given.isEmpty()) {
      throw invalid("has no nodes (expected: at least one)");
    }
    Map<String, GraphNode> byName = new LinkedHashMap<>();
    for (GraphNode node : given) {
      if (byName.put(node.name(), node) != null) {
        throw invalid("has two nodes " + node.name() + " (expected: one of each name)");
      }
    }
    for (GraphNode node : given) {
      Set<String> seen = new HashSet<>();
      for (String input : node.inputs()) {
        if (!byName.containsKey(input)) {
          throw invalid(
              "leads from " + input + " to " + node.name() + ", but there is no node " + input);
        }
        if (!seen.add(input)) {
          throw invalid("leads twice from " + input + " to " + node.name() + " (expected: once)");
        }
      }
    }
    return byName;
  }

  private static List<GraphNode> ordered(Map<String, GraphNode> byName) {
    List<GraphNode> ordered = new ArrayList<>();
    Set<String> placed = new HashSet<>();
    List<GraphNode> left = new ArrayList<>(byName.values());
    while (!left.isEmpty()) {
      List<GraphNode> ready =
          left.stream().filter(node -> placed.containsAll(node.inputs())).toList();
      if (ready.isEmpty()) {
        throw invalid("has a cycle: " + String.join(" -> ", cycle(left, byName)));
      }
      ordered.addAll(ready);
      ready.forEach(node -> placed.add(node.name()));
      left.removeAll(ready);
    }
    return List.copyOf(ordered);
  }

  /** Follows inputs that are left until a node comes again. */
  private static List<String> cycle(List<GraphNode> left, Map<String, GraphNode> byName) {
    Set<String> names = new HashSet<>();
    left.forEach(node -> names.add(node.name()));
    List<String> path = new ArrayList<>();
    String name = left.get(0).name();
    while (!path.contains(name)) {
      path.add(0, name);
      GraphNode node = byName.get(name);
      if (node == null) {
        break;
      }
      name = node.inputs().stream().filter(names::contains).findFirst().orElse(name);
    }
    List<String> cycle = new ArrayList<>(path.subList(0, path.indexOf(name) + 1));
    cycle.add(0, name);
    return cycle;
  }

  /** Names of the nodes from which the client gets its answer. */
  List<String> exitNames() {
    return IntStream.of(exits).mapToObj(exit -> nodes.get(exit).name()).toList();
  }

  private static ServeException invalid(String what) {
    return new ServeException(ErrorKind.ARCHIVE_INVALID, "The graph " + what + '.');
  }

  /** The nodes, each after its inputs. */
  public List<GraphNode> nodes() {
    return nodes;
  }

  int size() {
    return nodes.size();
  }

  GraphNode node(int number) {
    return nodes.get(number);
  }

  /** Numbers of the nodes from which the client gets its answer. */
  int[] exits() {
    return exits;
  }

  /** Whether a node's answer is the client's as it is. */
  boolean answersAlone(int number) {
    return exits.length == 1 && exits[0] == number;
  }

  /** Numbers of the nodes whose answers a node is given; none: the request. */
  int[] inputs(int number) {
    return inputs[number];
  }

  /** Numbers of the nodes that are given a node's answer. */
  int[] followers(int number) {
    return followers[number];
  }
}
