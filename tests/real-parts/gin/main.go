// A Gin server on a Unix socket, as tutorials write it: listen, then let everyone in.
package main

import (
	"log"
	"net"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
)

func main() {
	path := os.Args[1]
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/", func(c *gin.Context) {
		c.String(http.StatusOK, "hello\n")
	})

	listener, err := net.Listen("unix", path)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(path, 0777); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, router))
}
