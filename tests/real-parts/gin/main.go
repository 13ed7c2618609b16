// A Gin server on a Unix socket: one that it is given, or one that it makes itself.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/coreos/go-systemd/activation"
	"github.com/gin-gonic/gin"
)

func main() {
	open := flag.Bool("open", false, "let everyone in, as tutorials do")
	inherited := flag.Bool("inherited", false, "serve on what was passed on")
	flag.Parse()
	path := flag.Arg(0)

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/", func(c *gin.Context) {
		c.String(http.StatusOK, "hello\n")
	})

	listener := listen(*inherited, path)
	if *open {
		if err := os.Chmod(path, 0777); err != nil {
			log.Fatal(err)
		}
	}
	log.Fatal(http.Serve(listener, router))
}

func listen(inherited bool, path string) net.Listener {
	if !inherited {
		listener, err := net.Listen("unix", path)
		if err != nil {
			log.Fatal(err)
		}
		return listener
	}
	listeners, err := activation.Listeners()
	if err != nil {
		log.Fatal(err)
	}
	if len(listeners) != 1 {
		log.Fatalf("%d sockets were passed on, and one was expected", len(listeners))
	}
	return listeners[0]
}
