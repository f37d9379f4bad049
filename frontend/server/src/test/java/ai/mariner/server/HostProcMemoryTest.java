package ai.mariner.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.worker.HostMemory.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProcMemoryTest {
  private static final long KIB = 1024;

  @TempDir private Path folder;
  private HostProcMemory memory = new HostProcMemory(Path.of("proc"), Path.of("groups"));

  @BeforeEach
  void aMachine() throws IOException {
    memory = new HostProcMemory(folder.resolve("proc"), folder.resolve("groups"));
    write("proc/meminfo", "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    600 kB\n");
  }

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void withoutGroupsTheMachineIsTheBound() {
    assertThat(memory.read()).isEqualTo(new Reading(600 * KIB, 1000 * KIB));
  }

  @Test
  void aGroupOnTheWayUpIsABoundAndItsCacheCountsAsAvailable() throws IOException {
    write("proc/self/cgroup", "0::/pods/one/box\n");
    write("groups/pods/one/box/memory.max", "max\n");
    write("groups/pods/one/box/memory.current", "100\n");
    write("groups/pods/one/memory.max", Long.toString(500 * KIB));
    write("groups/pods/one/memory.current", Long.toString(400 * KIB));
    write("groups/pods/one/memory.stat", "anon 5\ninactive_file " + 50 * KIB + "\n");
    assertThat(memory.read()).isEqualTo(new Reading(150 * KIB, 500 * KIB));
  }

  @Test
  void aContainerSeesItsOwnGroupAtTheTop() throws IOException {
    write("proc/self/cgroup", "0::/\n");
    write("groups/memory.max", Long.toString(300 * KIB));
    write("groups/memory.current", Long.toString(310 * KIB));
    assertThat(memory.read()).isEqualTo(new Reading(0, 300 * KIB));
  }

  @Test
  void theFirstVersionOfGroupsIsReadToo() throws IOException {
    write("proc/self/cgroup", "5:cpu,cpuacct:/box\n4:memory:/box\n");
    write("groups/memory/box/memory.limit_in_bytes", Long.toString(500 * KIB));
    write("groups/memory/box/memory.usage_in_bytes", Long.toString(200 * KIB));
    write("groups/memory/memory.limit_in_bytes", "9223372036854771712");
    write("groups/memory/memory.usage_in_bytes", Long.toString(800 * KIB));
    assertThat(memory.read()).isEqualTo(new Reading(300 * KIB, 500 * KIB));
  }

  @Test
  void whatCanNotBeReadIsUnknown() throws IOException {
    Files.delete(folder.resolve("proc/meminfo"));
    assertThat(memory.read()).isNull();
  }
}
