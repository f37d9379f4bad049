package ai.mariner.net;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Which kind of sockets Netty uses here. */
public enum Transport {
  /** Linux's native epoll. */
  EPOLL {
    @Override
    IoHandlerFactory handlers(Duration busyPoll) {
      return busyPoll.isZero()
          ? EpollIoHandler.newFactory()
          : EpollIoHandler.newFactory(0, () -> new BusyPoll(busyPoll.toNanos(), System::nanoTime));
    }

    @Override
    public Class<? extends ServerChannel> tcpServer() {
      return EpollServerSocketChannel.class;
    }

    @Override
    public Class<? extends ServerChannel> unixServer() {
      return EpollServerDomainSocketChannel.class;
    }

    @Override
    public SocketAddress unixAddress(Path path) {
      return new DomainSocketAddress(path.toFile());
    }
  },
  /** Java's own selectors, wherever epoll is absent. */
  NIO {
    @Override
    IoHandlerFactory handlers(Duration busyPoll) {
      return NioIoHandler.newFactory();
    }

    @Override
    public Class<? extends ServerChannel> tcpServer() {
      return NioServerSocketChannel.class;
    }

    @Override
    public Class<? extends ServerChannel> unixServer() {
      return NioServerDomainSocketChannel.class;
    }

    @Override
    public SocketAddress unixAddress(Path path) {
      return UnixDomainSocketAddress.of(path);
    }
  };

  /**
   * How much is read at once: little from connections that send little, so that idle ones cost
   * little, and up to 256 KiB from those that keep filling their buffers, which large bodies do.
   */
  public static RecvByteBufAllocator receiveBuffers() {
    return new AdaptiveRecvByteBufAllocator(64, 2048, 256 * 1024);
  }

  /** The best transport of this machine. */
  public static Transport detect() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  /** Why Linux's native epoll can't be used; {@code null} if it can, and where there is none. */
  public static @Nullable String shortfall() {
    Throwable cause = Epoll.unavailabilityCause();
    if (cause == null || !System.getProperty("os.name", "").startsWith("Linux")) {
      return null;
    }
    Throwable root = cause;
    for (Throwable next = root; next != null; next = next.getCause()) {
      root = next;
    }
    return root.toString().lines().findFirst().orElse("");
  }

  /**
   * Makes event loops of this transport.
   *
   * @param threads number of loops, at least 1
   * @param name prefix of the threads' names
   */
  public EventLoopGroup newGroup(int threads, String name) {
    return newGroup(threads, name, Duration.ZERO);
  }

  /**
   * Makes event loops of this transport.
   *
   * @param threads number of loops, at least 1
   * @param name prefix of the threads' names
   * @param busyPoll how long a loop looks for events before it sleeps; zero: not at all, as with
   *     NIO
   */
  public EventLoopGroup newGroup(int threads, String name, Duration busyPoll) {
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), handlers(busyPoll));
  }

  abstract IoHandlerFactory handlers(Duration busyPoll);

  /** Server channels for TCP. */
  public abstract Class<? extends ServerChannel> tcpServer();

  /** Server channels for Unix sockets. */
  public abstract Class<? extends ServerChannel> unixServer();

  /** The address of a Unix socket. */
  public abstract SocketAddress unixAddress(Path path);
}
